mod peak;
use std::ops::ControlFlow;
use yuyi_kernels::*;
pub fn cpu() -> f64 {
    unsafe extern "C" {
        fn clock_gettime(id: i32, ts: *mut [i64; 2]) -> i32;
    }
    let mut t = [0i64; 2];
    unsafe {
        clock_gettime(3, &mut t);
    }
    t[0] as f64 + t[1] as f64 * 1e-9
}
fn ratio(name: &str, kernel: Kernel, bytes: bool, products: f64, mut work: impl FnMut()) {
    if !std::env::args().skip(1).any(|a| name.contains(&a)) {
        return;
    }
    let times = (2e7 / products
        * if bytes && kernel.name() == "amx" {
            20.
        } else if bytes {
            4.
        } else {
            1.
        })
    .ceil() as usize;
    let mut rows = vec![];
    let start = std::time::Instant::now();
    let mut before = peak::products(kernel, 1, bytes);
    while start.elapsed().as_secs_f64() < 3.0 {
        let s = cpu();
        for _ in 0..times {
            work();
        }
        let w = products * times as f64 / (cpu() - s);
        let after = peak::products(kernel, 1, bytes);
        rows.push((before.min(after), w));
        before = after;
    }
    let top = rows.iter().fold(0f64, |a, r| a.max(r.0));
    let idle: Vec<f64> = rows
        .iter()
        .filter(|r| r.0 > 0.93 * top)
        .map(|r| r.1)
        .collect();
    let mean = idle.len() as f64 / idle.iter().map(|x| 1.0 / x).sum::<f64>();
    let max = idle.iter().fold(0f64, |a, &b| a.max(b));
    println!(
        "{:10} {name:26} idle {:4}/{:4} {:6.1} of {:6.1} = {:3.0} %  max {:3.0} %",
        kernel.name(),
        idle.len(),
        rows.len(),
        mean / 1e9,
        top / 1e9,
        100. * mean / top,
        100. * max / top
    );
}
fn main() {
    let kernel = Kernel::detect().unwrap();
    let team = Team::new(1);
    for (l, r, n) in [
        (12, 12, 384),
        (12, 128, 384),
        (256, 512, 384),
        (8, 8, 768),
        (256, 512, 768),
    ] {
        let a = Vectors::from_flat(&vec![0.5; l * n], n);
        let b = Vectors::from_flat(&vec![0.25; r * n], n);
        let mut out = Matrix::zeros(l, r);
        ratio(
            &format!("dots {l}x{r}x{n}"),
            kernel,
            false,
            (l * r * n) as f64,
            || dots(&team, kernel, a.view(), b.view(), out.view_mut()),
        );
    }
    for (r, n) in [
        (512, 64),
        (512, 128),
        (512, 384),
        (2048, 384),
        (512, 768),
        (2048, 768),
        (2048, 1024),
    ] {
        let mut x = 1u64;
        let data: Vec<f32> = (0..r * n)
            .map(|_| {
                x = x
                    .wrapping_mul(6364136223846793005)
                    .wrapping_add(1442695040888963407);
                (x >> 40) as f32 / (1u64 << 23) as f32 - 1.0
            })
            .collect();
        let a = Vectors::from_flat(&data, n);
        let data: Vec<f32> = (0..r * n)
            .map(|_| {
                x = x
                    .wrapping_mul(6364136223846793005)
                    .wrapping_add(1442695040888963407);
                (x >> 40) as f32 / (1u64 << 23) as f32 - 1.0
            })
            .collect();
        let b = Vectors::from_flat(&data, n);
        let bcodes = Codes::encode(&team, kernel, b.view());
        let codes = Codes::encode(&team, kernel, a.view());
        let mut search = PairSearch::between(
            kernel,
            [a.view(), b.view()],
            Some([&codes, &bcodes]),
            n as f32 * 0.3,
        );
        let mut pairs = vec![];
        ratio(
            &format!("codes {r}x{r}x{n}"),
            kernel,
            true,
            (r * r * n) as f64,
            || {
                pairs.clear();
                search.find(&team, 0, &mut pairs);
            },
        );
    }
    for (format, bytes) in [(WeightFormat::F32, false), (WeightFormat::Int8, true)] {
        let layer = PackedLinear::pack(
            &team,
            kernel,
            (format, Source::Floats),
            [768, 768],
            &vec![0.0; 768],
            |_, row| {
                if let RowWeights::Floats(r) = row {
                    r.fill(0.25);
                }
                Ok::<_, ()>(())
            },
        )
        .unwrap();
        for rows in [128usize, 512] {
            let mut q = QuantizedMatrix::default();
            let mut x = Matrix::zeros(rows, 768);
            let mut y = Matrix::zeros(rows, 768);
            for i in 0..rows {
                x.row_mut(i).fill(0.5);
            }
            ratio(
                &format!("linear {format:?} {rows}"),
                kernel,
                bytes,
                (rows * 768 * 768) as f64,
                || linear(&team, x.view(), &layer, None, &mut q, y.view_mut()),
            );
        }
    }
    let _: ControlFlow<()> = ControlFlow::Continue(());
}
