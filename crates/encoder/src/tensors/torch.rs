//! Checkpoints that `torch.save` wrote: an archive with the list of tensors and a file for each storage, stored as they are.

use super::pickle::{self, Pickled};
use super::{Entry, File, Tensors};
use crate::error::Error;
use crate::folder::Folder;
use crate::json::check_contents;
use std::collections::HashMap;
use std::io::Cursor;
use std::ops::Range;
use zip::{CompressionMethod, ZipArchive};

/// Most bytes of the list of tensors; of real models it has some tens of thousands.
const LONGEST_LIST: usize = 1 << 24;

/// What PyTorch wrote before version 1.6 begins with: a pickled number.
const LEGACY: [u8; 4] = [0x80, 0x02, 0x8a, 0x0a];

/// Where the files of an archive lie in it.
type Places = HashMap<String, Range<usize>>;

impl Tensors {
    /// Adds the tensors of a checkpoint. Of the archive only the directory and the list are read.
    pub(super) fn add_torch(&mut self, folder: &Folder, name: &str) -> Result<(), Error> {
        let (bytes, shown) = (folder.read(name)?, folder.show(name));
        check_contents(&shown, &bytes)?;
        if bytes.starts_with(&LEGACY) {
            let what = format!(
                "it is in the format of PyTorch before 1.6, which yuyi does not read. Save it anew in Python: \
                 torch.save(torch.load(\"{name}\", weights_only=True), \"{name}\")."
            );
            return Err(Error::unsupported(&shown, what));
        }
        let unsound = |what: &str| {
            Error::file(
                &shown,
                format!("this is not a sound checkpoint of PyTorch: {what}."),
            )
        };
        let (places, list) = places(&bytes).map_err(|what| unsound(&what))?;
        let root = list.strip_suffix("data.pkl").unwrap_or_default().to_owned();
        if places
            .get(&format!("{root}byteorder"))
            .is_some_and(|place| &bytes[place.clone()] == b"big")
        {
            return Err(unsound("its numbers are big-endian"));
        }
        let program = &bytes[places[&list].clone()];
        if program.len() > LONGEST_LIST {
            return Err(unsound(&format!(
                "its list of tensors has {} bytes",
                program.len()
            )));
        }
        for tensor in pickle::tensors(program).map_err(|what| unsound(&what))? {
            let place = places.get(&format!("{root}data/{}", tensor.storage.key));
            let entry = entry(&tensor, place, self.files.len())
                .map_err(|what| Error::tensor(&shown, tensor.name, what))?;
            // A name that a dictionary has twice is that of its last value.
            self.entries.insert(tensor.name.to_owned(), entry);
        }
        bytes.check(&shown)?;
        self.files.push(File { shown, bytes });
        Ok(())
    }
}

/// The files of an archive that are stored as they are, and the name of the list of tensors among them.
fn places(bytes: &[u8]) -> Result<(Places, String), String> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|e| e.to_string())?;
    let (mut places, mut list) = (Places::new(), None);
    for i in 0..archive.len() {
        let file = archive.by_index_raw(i).map_err(|e| e.to_string())?;
        let name = file.name().map_err(|e| e.to_string())?.into_owned();
        let size = file.size();
        if file.compression() != CompressionMethod::Stored || file.compressed_size() != size {
            return Err(format!("{name:?} in it is compressed"));
        }
        let start = file.data_start().unwrap_or(u64::MAX);
        let range = start..start.saturating_add(size);
        if range.end > bytes.len() as u64 {
            return Err(format!("{name:?} in it reaches past its end"));
        }
        if name.ends_with("/data.pkl") && list.replace(name.clone()).is_some() {
            return Err("it has two lists of tensors".into());
        }
        places.insert(name, range.start as usize..range.end as usize);
    }
    let list = list.ok_or("it has no data.pkl, the list of tensors")?;
    Ok((places, list))
}

/// Where a tensor lies in the file.
fn entry(tensor: &Pickled<'_>, place: Option<&Range<usize>>, file: usize) -> Result<Entry, String> {
    let Pickled { storage, shape, .. } = tensor;
    let place =
        place.ok_or("the file of its elements is missing. Download the checkpoint again.")?;
    let size = storage.dtype.bitsize() / 8;
    let held = storage.elements.checked_mul(size);
    let elements = shape
        .iter()
        .try_fold(1usize, |n, &size| n.checked_mul(size));
    let end = elements.and_then(|n| n.checked_add(tensor.offset));
    if held != Some(place.len()) || end.is_none_or(|end| end > storage.elements) {
        return Err(
            "it does not fit into the file of its elements. Download the checkpoint again.".into(),
        );
    }
    if !tensor.contiguous {
        return Err(
            "its elements are not in order (it was saved as a view), which yuyi does not read. \
                    Save the model with save_pretrained of transformers."
                .into(),
        );
    }
    let start = place.start + tensor.offset * size;
    Ok(Entry {
        file,
        dtype: storage.dtype,
        shape: shape.clone(),
        range: start..start + elements.unwrap_or(0) * size,
    })
}
