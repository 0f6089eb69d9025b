//! Vectors in a file: a million of them take 1.5 GB, of which a search looks at few.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::sync::{Mutex, PoisonError};

use yuyi_kernels::{Floats, MatrixView, Vectors};

/// A file of vectors, one after the other in little-endian f32, that grows.
pub struct VectorFile {
    file: BufWriter<File>,
    dimension: usize,
    rows: usize,
}

impl VectorFile {
    /// What a file holds, or an empty one; half a vector at its end is cut off.
    ///
    /// # Errors
    /// When it cannot be read or written.
    pub fn new(file: File, dimension: usize) -> io::Result<Self> {
        let bytes = (dimension * size_of::<f32>()) as u64;
        let rows = file.metadata()?.len() / bytes.max(1);
        file.set_len(rows * bytes)?;
        let mut file = BufWriter::with_capacity(1 << 20, file);
        file.seek(SeekFrom::End(0))?;
        Ok(Self {
            file,
            dimension,
            rows: rows as usize,
        })
    }

    /// How many vectors there are.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Appends a vector.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn push(&mut self, vector: &[f32]) -> io::Result<()> {
        for x in vector {
            self.file.write_all(&x.to_le_bytes())?;
        }
        self.rows += 1;
        Ok(())
    }

    /// Ends a stretch of vectors: a kill behind this takes nothing of them.
    ///
    /// # Errors
    /// When they cannot be written.
    pub fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }

    /// Takes all vectors away.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn clear(&mut self) -> io::Result<()> {
        self.file.seek(SeekFrom::Start(0))?;
        self.file.get_ref().set_len(0)?;
        self.rows = 0;
        Ok(())
    }

    /// Hands over all vectors in order.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn each(&mut self, mut take: impl FnMut(&[f32])) -> io::Result<()> {
        self.file.seek(SeekFrom::Start(0))?;
        let mut reader = BufReader::with_capacity(1 << 20, self.file.get_ref());
        let mut bytes = vec![0; self.dimension * size_of::<f32>()];
        let mut vector = vec![0.0; self.dimension];
        for _ in 0..self.rows {
            reader.read_exact(&mut bytes)?;
            read_vector(&bytes, &mut vector);
            take(&vector);
        }
        self.file.seek(SeekFrom::End(0))?;
        Ok(())
    }

    /// The vectors for a search: row i is the vector with the number `places[i]`.
    ///
    /// # Errors
    /// When the file cannot be opened once more.
    pub fn stored(&mut self, places: Vec<u32>) -> io::Result<StoredVectors> {
        self.flush()?;
        Ok(StoredVectors {
            file: Mutex::new(self.file.get_ref().try_clone()?),
            dimension: self.dimension,
            places,
        })
    }
}

fn read_vector(bytes: &[u8], vector: &mut [f32]) {
    for (x, four) in vector.iter_mut().zip(bytes.as_chunks::<4>().0) {
        *x = f32::from_le_bytes(*four);
    }
}

/// Vectors in a file, by the rows of a search.
pub struct StoredVectors {
    file: Mutex<File>,
    dimension: usize,
    places: Vec<u32>,
}

impl StoredVectors {
    /// Some of the rows.
    pub fn part(&self, rows: std::ops::Range<usize>) -> StoredRows<'_> {
        StoredRows {
            all: self,
            first: rows.start,
            rows: rows.len(),
        }
    }

    /// Appends the vectors with these numbers, which ascend mostly: those that lie beside one another are read at once.
    fn copy(&self, numbers: &[u32], to: &mut Vectors) -> io::Result<()> {
        let bytes = self.dimension * size_of::<f32>();
        let (mut read, mut vector) = (Vec::new(), vec![0.0; self.dimension]);
        for run in numbers.chunk_by(|a, b| a.checked_add(1) == Some(*b)) {
            read.resize(run.len() * bytes, 0);
            let start = u64::from(run[0]) * bytes as u64;
            {
                // No thread waits long: what is read lies in the system's memory, unless that is short.
                let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
                file.seek(SeekFrom::Start(start))?;
                file.read_exact(&mut read)?;
            }
            for one in read.chunks_exact(bytes.max(1)) {
                read_vector(one, &mut vector);
                to.push(&vector);
            }
        }
        Ok(())
    }
}

/// Some rows of [`StoredVectors`].
#[derive(Clone, Copy)]
pub struct StoredRows<'a> {
    all: &'a StoredVectors,
    first: usize,
    rows: usize,
}

impl Floats for StoredRows<'_> {
    type Error = io::Error;

    fn rows(&self) -> usize {
        self.rows
    }

    fn columns(&self) -> usize {
        self.all.dimension
    }

    fn in_memory(&self) -> Option<MatrixView<'_>> {
        None
    }

    fn copy(&self, rows: &[usize], to: &mut Vectors) -> io::Result<()> {
        let places = &self.all.places[self.first..self.first + self.rows];
        let numbers: Vec<u32> = rows.iter().map(|&row| places[row]).collect();
        self.all.copy(&numbers, to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// What is read is what was written, in any order, also after half a vector was written.
        #[test]
        fn rows_are_read_as_they_were_written(
            places in prop::collection::vec(0u32..9, 0..20), first in 0usize..20, half in 0usize..11,
        ) {
            let vector = |i: u32| [i as f32, -0.5 * i as f32, 1e-9];
            let file = tempfile::tempfile().unwrap();
            let mut vectors = VectorFile::new(file, 3).unwrap();
            (0..7).for_each(|i| vectors.push(&vector(i)).unwrap());
            vectors.flush().unwrap();
            let mut file = vectors.file.into_inner().unwrap();
            file.write_all(&vec![7; half]).unwrap();
            let mut vectors = VectorFile::new(file, 3).unwrap();
            prop_assert_eq!(vectors.rows(), 7);
            (7..9).for_each(|i| vectors.push(&vector(i)).unwrap());
            let mut all = Vec::new();
            vectors.each(|vector| all.push(vector.to_vec())).unwrap();
            prop_assert_eq!(all, (0..9).map(|i| vector(i).to_vec()).collect::<Vec<_>>());
            let first = first.min(places.len());
            let stored = vectors.stored(places.clone()).unwrap();
            let part = stored.part(first..places.len());
            let mut copies = Vectors::new(3);
            let rows: Vec<usize> = (0..part.rows()).collect();
            Floats::copy(&part, &rows, &mut copies).unwrap();
            prop_assert_eq!(copies, {
                let mut expected = Vectors::new(3);
                places[first..].iter().for_each(|&place| expected.push(&vector(place)));
                expected
            });
        }
    }
}
