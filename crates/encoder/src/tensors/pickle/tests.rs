use super::*;
use proptest::prelude::*;

/// Assembles the program of a dictionary with tensor `name`, as `torch.save` writes it.
struct Program(Vec<u8>);

impl Program {
    fn text(mut self, text: &str) -> Self {
        self.0.push(b'X');
        self.0.extend((text.len() as u32).to_le_bytes());
        self.0.extend(text.as_bytes());
        self
    }

    fn bytes(mut self, bytes: &[u8]) -> Self {
        self.0.extend(bytes);
        self
    }

    fn global(self, module: &str, name: &str) -> Self {
        self.bytes(format!("c{module}\n{name}\n").as_bytes())
    }

    /// A tensor [2, 3] of a storage with eight elements, from the second on; `strides` as instructions.
    fn tensor(self, storage: &str, strides: &[u8]) -> Self {
        self.global("torch._utils", "_rebuild_tensor_v2")
            .bytes(b"((")
            .text("storage")
            .global("torch", storage)
            .text("0")
            .text("cpu")
            .bytes(b"K\x08tQK\x02K\x02K\x03\x86")
            .bytes(strides)
            .bytes(b"\x89")
            .global("collections", "OrderedDict")
            .bytes(b")RtR")
    }
}

fn program(storage: &str, strides: &[u8]) -> Vec<u8> {
    Program(b"\x80\x02".to_vec())
        .global("collections", "OrderedDict")
        .bytes(b")Rq\x00(")
        .text("a.weight")
        .tensor(storage, strides)
        .text("version")
        .bytes(b"K\x01u}")
        .text("_metadata")
        .bytes(b"h\x00sb.")
        .0
}

const IN_ORDER: &[u8] = b"K\x03K\x01\x86";

#[test]
fn a_dictionary_of_tensors() {
    let expected = Pickled {
        name: "a.weight",
        storage: Storage {
            dtype: Dtype::F16,
            key: "0",
            elements: 8,
        },
        offset: 2,
        shape: vec![2, 3],
        contiguous: true,
    };
    let bytes = program("HalfStorage", IN_ORDER);
    assert_eq!(tensors(&bytes).unwrap(), std::slice::from_ref(&expected));
    let bytes = program("HalfStorage", b"K\x01K\x02\x86");
    let turned = Pickled {
        contiguous: false,
        ..expected
    };
    assert_eq!(tensors(&bytes).unwrap(), [turned]);
}

#[test]
fn whatever_else_a_program_asks_for_is_named() {
    for (module, name) in [
        ("os", "system"),
        ("posix", "system"),
        ("builtins", "eval"),
        ("torch", "load"),
        ("torch._utils", "_rebuild_sparse_tensor"),
        ("torch.storage", "_load_from_bytes"),
        ("collections", "defaultdict"),
    ] {
        let shown = format!("it asks for \"{module}.{name}\" of Python");
        let direct = Program(b"\x80\x02".to_vec()).global(module, name);
        let stacked = Program(b"\x80\x04".to_vec())
            .text(module)
            .text(name)
            .bytes(b"\x93");
        for program in [direct, stacked] {
            let program = program.text("echo").bytes(b"\x85R.").0;
            let error = tensors(&program).unwrap_err();
            assert!(error.starts_with(&shown), "{error}");
        }
    }
    let bytes = program("QInt8Storage", IN_ORDER);
    assert!(tensors(&bytes).unwrap_err().contains("torch.QInt8Storage"));
}

#[test]
fn instructions_that_no_list_of_tensors_needs() {
    for code in *b"02Fo1Ppigl\x81\x82\x83\x84\x8b\x8f\x90\x91\x92\x96\x97\x98" {
        let error = tensors(&[0x80, 2, b'}', code, b'.']).unwrap_err();
        let shown = format!("it has the pickle instruction 0x{code:02x},");
        assert!(error.starts_with(&shown), "{error}");
    }
}

#[test]
fn programs_that_do_not_fit_together() {
    for program in [
        &b"."[..],
        b"R.",
        b"}}R.",
        b"K\x01K\x01s.",
        b"](K\x01u.",
        b"}(K\x01u.",
        b"(t.",
        b"h\x05.",
        b"q\x05.",
        b"}(b.",
        b"NQ.",
        b"ccollections\nOrderedDict\n(K\x01tR.",
        b"ctorch._utils\n_rebuild_tensor_v2\n(NNNNtR.",
        b"N.",
    ] {
        assert!(tensors(program).is_err(), "{program:?}");
    }
    let whole = program("FloatStorage", IN_ORDER);
    for end in 0..whole.len() {
        assert!(tensors(&whole[..end]).is_err(), "{end}");
    }
}

/// A list that holds itself, and one that is remembered again and again, take no more than their bytes.
#[test]
fn nothing_grows_beyond_the_program() {
    let circle = [
        &b"}q\x00"[..],
        &b"X\x01\x00\x00\x00ah\x00s".repeat(9999),
        b".",
    ]
    .concat();
    assert_eq!(tensors(&circle).unwrap(), []);
    let doubling = [&b"]q\x00"[..], &b"(h\x00h\x00tq\x00".repeat(9999), b"."].concat();
    assert!(tensors(&doubling).is_err());
}

/// What is copied at every mention is short.
#[test]
fn long_names_and_shapes_are_refused() {
    let long = "x".repeat(1001);
    let named = Program(b"\x80\x02}".to_vec()).text(&long);
    let named = named.tensor("FloatStorage", IN_ORDER).bytes(b"s.").0;
    assert_eq!(tensors(&named).unwrap_err(), "it has a name of 1001 bytes");
    let wide = [&b"("[..], &b"K\x01".repeat(9), b"t"].concat();
    let shaped = program("FloatStorage", &wide);
    assert_eq!(
        tensors(&shaped).unwrap_err(),
        "it has a tensor of 9 dimensions"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = tensors(&bytes);
    }

    #[test]
    fn any_instructions_are_read_or_refused(
        bytes in proptest::collection::vec(proptest::sample::select(&b"(NJK\x8a]})tX\x8cqhrj\x94cQRabesu\x85\x86\x87.\x00\x01\x02"[..]), 0..200)
    ) {
        let _ = tensors(&bytes);
    }

    #[test]
    fn a_program_with_other_bytes_is_read_or_refused(
        edits in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4)
    ) {
        let mut bytes = program("FloatStorage", IN_ORDER);
        for (place, byte) in edits {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        let _ = tensors(&bytes);
    }
}
