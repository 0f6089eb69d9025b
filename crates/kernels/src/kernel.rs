//! Which instructions this CPU has, and the way from an operation to its compiled form.

#[cfg(target_arch = "x86_64")]
use crate::isa::{Amx, Avx2, Avx512, amx_available};
use crate::isa::{Generic, Isa};
use serde::{Deserialize, Serialize};
use std::sync::OnceLock;

/// Environment variable that forces a path (`generic`, `avx2`, `avx512vnni`, `amx`), for tests.
const FORCE: &str = "YUYI_KERNEL";

/// The instruction sets that the kernels are compiled for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum KernelPath {
    /// Any CPU: plain Rust that the compiler vectorises for the baseline; the reference for the others.
    Generic,
    /// x86-64 with AVX2, FMA and F16C.
    Avx2,
    /// x86-64 with AVX-512 (F, BW, VL, DQ) and VNNI.
    Avx512Vnni,
    /// The same with AMX (tiles and products of bytes), where the operating system allows it.
    Amx,
}

impl KernelPath {
    /// Every path, slowest first.
    pub const ALL: [Self; 4] = [Self::Generic, Self::Avx2, Self::Avx512Vnni, Self::Amx];

    /// The name in logs, `/info` and `YUYI_KERNEL`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Generic => "generic",
            Self::Avx2 => "avx2",
            Self::Avx512Vnni => "avx512vnni",
            Self::Amx => "amx",
        }
    }

    #[cfg(target_arch = "x86_64")]
    fn available(self) -> bool {
        let avx2 = || {
            is_x86_feature_detected!("avx2")
                && is_x86_feature_detected!("fma")
                && is_x86_feature_detected!("f16c")
        };
        match self {
            Self::Generic => true,
            Self::Avx2 => avx2(),
            Self::Avx512Vnni => {
                avx2()
                    && is_x86_feature_detected!("avx512f")
                    && is_x86_feature_detected!("avx512bw")
                    && is_x86_feature_detected!("avx512vl")
                    && is_x86_feature_detected!("avx512dq")
                    && is_x86_feature_detected!("avx512vnni")
            }
            Self::Amx => Self::Avx512Vnni.available() && amx_available(),
        }
    }

    #[cfg(not(target_arch = "x86_64"))]
    fn available(self) -> bool {
        self == Self::Generic
    }
}

/// Proof that this CPU has the instructions of a path; there is no other way to get one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kernel {
    path: KernelPath,
}

impl Kernel {
    /// The kernels of `path`, if this CPU can run them.
    pub fn new(path: KernelPath) -> Option<Self> {
        path.available().then_some(Self { path })
    }

    /// The fastest path of this CPU, or the one that `YUYI_KERNEL` names.
    ///
    /// # Errors
    /// A sentence for the user when `YUYI_KERNEL` names no path or one that this CPU lacks.
    pub fn detect() -> Result<Self, String> {
        match std::env::var(FORCE) {
            Ok(name) if !name.is_empty() => Self::named(&name),
            _ => Ok(Self::best()),
        }
    }

    /// As [`Kernel::detect`], asked once and remembered; the fastest path where `YUYI_KERNEL` names none that there is. For arithmetic on
    /// vectors that are there already, far from where a model is loaded and the variable is complained about.
    pub fn of_process() -> Self {
        static KERNEL: OnceLock<Kernel> = OnceLock::new();
        *KERNEL.get_or_init(|| Self::detect().unwrap_or_else(|_| Self::best()))
    }

    fn named(name: &str) -> Result<Self, String> {
        let path = KernelPath::ALL
            .into_iter()
            .find(|p| p.name() == name)
            .ok_or_else(|| {
                let names = KernelPath::ALL.map(KernelPath::name).join(", ");
                format!("{FORCE}={name} is not a kernel; choose one of {names}.")
            })?;
        Self::new(path).ok_or_else(|| {
            format!("{FORCE}={name}: this CPU lacks the instructions; unset {FORCE}.")
        })
    }

    fn best() -> Self {
        let mut best = Self {
            path: KernelPath::Generic,
        };
        for path in KernelPath::ALL {
            best = Self::new(path).unwrap_or(best);
        }
        best
    }

    /// Every path that this CPU can run, slowest first.
    pub fn all() -> Vec<Self> {
        KernelPath::ALL.into_iter().filter_map(Self::new).collect()
    }

    /// Which instructions it uses.
    pub fn path(self) -> KernelPath {
        self.path
    }

    /// The name in logs and `/info`.
    pub fn name(self) -> &'static str {
        self.path.name()
    }

    /// Most rows that a product takes through a panel of weights together. What goes by as many rows from product to product reads no
    /// weights more often than one product of all rows would.
    pub fn rows_together(self) -> usize {
        struct Together;
        impl Operation for Together {
            type Output = usize;
            #[inline(always)]
            unsafe fn run<I: Isa>(self) -> usize {
                I::DOT_GROUP
            }
        }
        self.run(Together)
    }

    /// Floats of a vector register.
    #[cfg(test)]
    pub(crate) fn lanes(self) -> usize {
        struct Lanes;
        impl Operation for Lanes {
            type Output = usize;
            #[inline(always)]
            unsafe fn run<I: Isa>(self) -> usize {
                I::LANES
            }
        }
        self.run(Lanes)
    }

    /// Runs `operation` with the instructions of this path.
    ///
    /// That this is safe rests on how operations are built: from parts that say all of themselves, or by a constructor that is unsafe where
    /// they hold pointers, or are to have elements for themselves. See [`Operation`].
    pub(crate) fn run<O: Operation>(self, operation: O) -> O::Output {
        match self.path {
            // SAFETY: the generic set needs no CPU feature.
            KernelPath::Generic => unsafe { operation.run::<Generic>() },
            #[cfg(target_arch = "x86_64")]
            // SAFETY: a Kernel of this path exists only where `available` found the features.
            KernelPath::Avx2 => unsafe { run_avx2(operation) },
            #[cfg(target_arch = "x86_64")]
            // SAFETY: as above.
            KernelPath::Avx512Vnni => unsafe { run_avx512::<Avx512, _>(operation) },
            #[cfg(target_arch = "x86_64")]
            // SAFETY: as above, and AMX adds nothing that a function must be compiled for.
            KernelPath::Amx => unsafe { run_avx512::<Amx, _>(operation) },
            #[cfg(not(target_arch = "x86_64"))]
            // SAFETY: as the first; there are no kernels of another path here.
            _ => unsafe { operation.run::<Generic>() },
        }
    }
}

/// Work that is written once for every instruction set.
///
/// Whoever has a value of an operation may run it, on any path: its fields are private, and its constructor has checked what is to be
/// checked and been promised the rest (a constructor to which something is promised is unsafe). What depends on the path, such as the
/// layout that packed weights have, is checked by [`Operation::run`].
pub(crate) trait Operation {
    /// What it gives back.
    type Output;

    /// Does the work. Implementations are `#[inline(always)]`, so that the whole body is
    /// compiled with the features of the caller in this file.
    ///
    /// # Safety
    /// The CPU has the instructions of `I`; nothing else.
    unsafe fn run<I: Isa>(self) -> Self::Output;
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma,f16c")]
unsafe fn run_avx2<O: Operation>(operation: O) -> O::Output {
    // SAFETY: this function's own features are those of Avx2.
    unsafe { operation.run::<Avx2>() }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma,f16c,avx512f,avx512bw,avx512vl,avx512dq,avx512vnni")]
unsafe fn run_avx512<I: Isa, O: Operation>(operation: O) -> O::Output {
    // SAFETY: this function's own features are those of Avx512 and Amx.
    unsafe { operation.run::<I>() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn generic_is_always_there_and_names_are_checked() {
        assert_eq!(
            Kernel::named("generic").unwrap().path(),
            KernelPath::Generic
        );
        assert!(
            Kernel::named("sse9")
                .unwrap_err()
                .contains("generic, avx2, avx512vnni, amx")
        );
        assert_eq!(Kernel::all()[0].path(), KernelPath::Generic);
    }
}
