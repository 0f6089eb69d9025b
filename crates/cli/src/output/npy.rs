//! NumPy's file format, version 1.0, for a matrix of little-endian f32 in C order.
//! <https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html>

/// Length of the whole header. The numbers of rows and columns are at most 20 digits each, so it always
/// fits, and can be written again when the number of rows is known.
pub const HEADER_BYTES: usize = 128;

/// The header of a matrix of `rows` × `columns`.
pub fn header(rows: usize, columns: usize) -> [u8; HEADER_BYTES] {
    let dictionary =
        format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({rows}, {columns}), }}");
    let mut header = [b' '; HEADER_BYTES];
    header[..8].copy_from_slice(b"\x93NUMPY\x01\x00");
    header[8..10].copy_from_slice(&(HEADER_BYTES as u16 - 10).to_le_bytes());
    header[10..10 + dictionary.len()].copy_from_slice(dictionary.as_bytes());
    header[HEADER_BYTES - 1] = b'\n';
    header
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_shape_fits() {
        let header = header(usize::MAX, usize::MAX);
        assert!(header.ends_with(b" \n"));
        assert_eq!((HEADER_BYTES % 64, header[8], header[9]), (0, 118, 0));
    }
}
