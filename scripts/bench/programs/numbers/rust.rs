use std::hint::black_box;
use std::time::Instant;

fn fib(n: i64) -> i64 {
    if n < 2 { n } else { fib(n - 1) + fib(n - 2) }
}

fn squares(n: i64) -> i64 {
    (1..=n).rev().fold(0, |sum, n| sum + black_box(n & 1023) * (n & 1023))
}

fn report(name: &str, run: fn(i64) -> i64, n: i64) {
    let from = Instant::now();
    let result = run(black_box(n));
    println!("BENCH:numbers:{}:{}:{}", name, result, from.elapsed().as_millis());
}

fn main() {
    report("fib-35", fib, 35);
    report("squares-100m", squares, 100_000_000);
}
