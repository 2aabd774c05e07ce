package main

import (
	"fmt"
	"time"
)

func mapped(from []int64, by func(int64) int64) []int64 {
	var to []int64
	for _, n := range from {
		to = append(to, by(n))
	}
	return to
}

func filtered(from []int64, by func(int64) bool) []int64 {
	var to []int64
	for _, n := range from {
		if by(n) {
			to = append(to, n)
		}
	}
	return to
}

func sum() int64 {
	var numbers []int64
	for n := int64(0); n != 1000000; n++ {
		numbers = append(numbers, n)
	}
	tripled := mapped(numbers, func(n int64) int64 { return n * 3 })
	total := int64(0)
	for _, n := range filtered(tripled, func(n int64) bool { return n%2 == 0 }) {
		total += n
	}
	return total
}

func main() {
	from := time.Now()
	total := int64(0)
	for i := 0; i != 5; i++ {
		total += sum()
	}
	fmt.Printf("BENCH:lists:chain-5m:%d:%d\n", total, time.Since(from).Milliseconds())
}
