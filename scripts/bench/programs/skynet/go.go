package main

import (
	"fmt"
	"time"
)

func skynet(answer chan<- int64, number, size int64) {
	if size == 1 {
		answer <- number
		return
	}
	children := make(chan int64, 10)
	for i := int64(0); i != 10; i++ {
		go skynet(children, number+i*(size/10), size/10)
	}
	sum := int64(0)
	for i := 0; i != 10; i++ {
		sum += <-children
	}
	answer <- sum
}

func main() {
	from := time.Now()
	answer := make(chan int64)
	go skynet(answer, 0, 100000)
	sum := <-answer
	fmt.Printf("BENCH:skynet:strands-100k:%d:%d\n", sum, time.Since(from).Milliseconds())
}
