use std::hint::black_box;
use std::time::Instant;

fn sum() -> i64 {
    let mut numbers = Vec::new();
    for n in 0..1_000_000i64 {
        numbers.push(n);
    }
    let tripled: Vec<i64> = black_box(numbers).iter().map(|n| n * 3).collect();
    let even: Vec<i64> = black_box(tripled).into_iter().filter(|n| n % 2 == 0).collect();
    black_box(even).iter().sum()
}

fn main() {
    let from = Instant::now();
    let total: i64 = (0..5).map(|_| sum()).sum();
    println!("BENCH:lists:chain-5m:{}:{}", total, from.elapsed().as_millis());
}
