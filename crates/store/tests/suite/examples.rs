//! Items to try things with.

use serde_json::{Value, json};
use yuyi_store::{Field, FieldType, Filter, Item, NewCollection, VectorItem};

/// Elements of the vectors here.
pub const DIMENSION: usize = 8;

/// Numbers in [-1, 1), the same for the same seed (xorshift64*).
pub fn random(seed: u64, n: usize) -> Vec<f32> {
    let mut s = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut next = || {
        s ^= s >> 12;
        s ^= s << 25;
        s ^= s >> 27;
        (s.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 40) as f32 / (1u64 << 23) as f32 - 1.0
    };
    (0..n).map(|_| next()).collect()
}

/// An item with a vector for each of its texts.
pub fn with_vectors(item: Item, seed: u64) -> VectorItem {
    let vectors = (0..item.texts().len() as u64)
        .map(|i| random(seed * 1000 + i, DIMENSION))
        .collect();
    VectorItem { item, vectors }
}

/// An item of an id and a text, with the payload.
pub fn item(id: &str, text: &str, payload: Value) -> Item {
    let Value::Object(payload) = payload else {
        panic!("a payload is an object")
    };
    Item {
        payload,
        ..Item::new(id, text)
    }
}

/// A collection whose vectors are given, with three declared fields.
pub fn collection(name: &str) -> NewCollection {
    let field = |name: &str, kind| Field {
        name: name.into(),
        kind,
    };
    NewCollection {
        fields: vec![
            field("tag", FieldType::Keyword),
            field("n", FieldType::Number),
            field("day", FieldType::Time),
        ],
        ..NewCollection::given(name, DIMENSION)
    }
}

pub fn filter(json: Value) -> Filter {
    Filter::parse(&json).unwrap()
}

/// Ten entries of a FAQ.
pub fn faq() -> Vec<VectorItem> {
    let texts = [
        ("a", "你们的产品能开发票吗"),
        ("b", "怎么退货"),
        ("c", "退货要多久到账"),
        ("d", "发票可以开专票吗"),
        ("e", "忘记密码怎么办"),
        ("f", "如何修改密码"),
        ("g", "快递几天能到"),
        ("h", "可以货到付款吗"),
        ("i", "How do I reset my password?"),
        ("j", "会员积分怎么用"),
    ];
    let each = texts.iter().enumerate();
    each.map(|(i, (id, text))| {
        let tags = if i % 2 == 0 {
            json!(["even", "x"])
        } else {
            json!("odd")
        };
        let payload =
            json!({"n": i, "tag": tags, "free": i % 3, "day": format!("2024-03-{:02}", i + 1)});
        with_vectors(item(id, text, payload), i as u64)
    })
    .collect()
}
