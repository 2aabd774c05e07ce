package main

import (
	"fmt"
	"time"
)

func fib(n int64) int64 {
	if n < 2 {
		return n
	}
	return fib(n-1) + fib(n-2)
}

func squares(n int64) int64 {
	sum := int64(0)
	for ; n != 0; n-- {
		sum += (n & 1023) * (n & 1023)
	}
	return sum
}

func report(name string, run func(int64) int64, n int64) {
	from := time.Now()
	result := run(n)
	fmt.Printf("BENCH:numbers:%s:%d:%d\n", name, result, time.Since(from).Milliseconds())
}

func main() {
	report("fib-35", fib, 35)
	report("squares-100m", squares, 100000000)
}
