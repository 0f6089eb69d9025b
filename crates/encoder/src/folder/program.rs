//! Memory of bytes that are part of the program.

use std::fs;
use std::ops::Range;
use std::sync::OnceLock;

/// Lets the operating system take back the pages that lie wholly in `bytes`; the next access reads them from the
/// program's file again. Does nothing where that is not certain.
pub(super) fn release(bytes: &'static [u8]) {
    static SIZE: OnceLock<usize> = OnceLock::new();
    let page = *SIZE.get_or_init(page_size);
    let start = (bytes.as_ptr() as usize).next_multiple_of(page);
    let end = (bytes.as_ptr() as usize + bytes.len()) / page * page;
    if start >= end || !is_unwritten_file(&(start..end)) {
        return;
    }
    let skipped = start - bytes.as_ptr() as usize;
    // SAFETY: the pages are inside `bytes`, which nobody writes, and they show a file that is mapped read-only: dropped,
    // they come back with the same bytes. A failure only means that the memory stays.
    let _ = unsafe {
        let first = bytes.as_ptr().add(skipped).cast_mut().cast();
        libc::madvise(first, end - start, libc::MADV_DONTNEED)
    };
}

fn page_size() -> usize {
    // SAFETY: a question without arguments that point anywhere.
    let size = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
    usize::try_from(size).unwrap_or(4096)
}

/// Whether the addresses show a file and cannot be written. In a program that unpacks itself they do not, and
/// dropped pages would come back as zeros.
fn is_unwritten_file(addresses: &Range<usize>) -> bool {
    static FILES: OnceLock<Vec<Range<usize>>> = OnceLock::new();
    let files = FILES.get_or_init(|| {
        let maps = fs::read_to_string("/proc/self/maps").unwrap_or_default();
        maps.lines().filter_map(unwritten_file).collect()
    });
    let holds = |file: &Range<usize>| file.start <= addresses.start && addresses.end <= file.end;
    files.iter().any(holds)
}

/// The addresses of a line of `/proc/self/maps`, "start-end permissions offset device inode path", if it shows a file
/// and cannot be written.
fn unwritten_file(line: &str) -> Option<Range<usize>> {
    let mut fields = line.split_ascii_whitespace();
    let (start, end) = fields.next()?.split_once('-')?;
    let (permissions, inode) = (fields.next()?, fields.nth(2)?);
    let address = |hex| usize::from_str_radix(hex, 16).ok();
    let fits = !permissions.contains('w') && inode != "0";
    fits.then_some(address(start)?..address(end)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Not zero, which would not be in the file.
    static BYTES: [u8; 1 << 20] = [7; 1 << 20];

    fn is_whole() -> bool {
        std::hint::black_box(&BYTES).iter().all(|&byte| byte == 7)
    }

    /// Pages of `BYTES` in the memory of this process, by the flag "present" of `/proc/self/pagemap`.
    #[cfg(target_os = "linux")]
    fn present_pages() -> usize {
        use std::os::unix::fs::FileExt;
        let first = (BYTES.as_ptr() as usize).div_ceil(page_size());
        let mut entries = vec![0; (BYTES.len() / page_size() - 1) * size_of::<u64>()];
        let map = fs::File::open("/proc/self/pagemap").unwrap();
        map.read_exact_at(&mut entries, (first * size_of::<u64>()) as u64)
            .unwrap();
        let (entries, _) = entries.as_chunks();
        let present = |entry: &&[u8; 8]| u64::from_le_bytes(**entry) >> 63 == 1;
        entries.iter().filter(present).count()
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn released_pages_leave_the_memory_and_come_back() {
        assert!(is_whole());
        let before = present_pages();
        release(&BYTES);
        assert!(before > 200, "{before}");
        assert_eq!(present_pages(), 0);
        assert!(is_whole());
        assert_eq!(present_pages(), before);
    }

    #[test]
    fn parts_of_pages_stay() {
        release(&BYTES[5..6]);
        release(&BYTES[..0]);
        release(&BYTES[3..10_000]);
        assert!(is_whole());
    }

    #[test]
    fn lines_of_the_map() {
        let file = "55d0-55d8 r--p 00000000 fe:01 1234    /usr/bin/yuyi";
        assert_eq!(unwritten_file(file), Some(0x55d0..0x55d8));
        for line in [
            "55d0-55d8 rw-p 00000000 fe:01 1234 /usr/bin/yuyi",
            "55d0-55d8 r--p 00000000 00:00 0",
            "7ffe-7fff r-xp 00000000 00:00 0 [vdso]",
            "",
        ] {
            assert_eq!(unwritten_file(line), None, "{line}");
        }
    }
}
