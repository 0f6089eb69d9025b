//! The workbook that people fill in with their questions and answers.

use std::borrow::Cow;

use crate::export::Book;

/// A column: its name, what stands in it in two entries, and what it is for, in Chinese.
type Column = (&'static str, [&'static str; 2], &'static str);

#[rustfmt::skip]
const COLUMNS: [Column; 11] = [
    ("标准问", ["怎么退货？", "能开发票吗？"],
        "必填。用户最可能的问法，一行一个问题。"),
    ("答案", ["签收后七天内，在「我的订单」里点「退货」。\n退款一般三个工作日内到账。", "可以。下单时勾选「开发票」，电子发票会发到邮箱。"],
        "命中之后回复的内容，可以换行（Alt+Enter）。"),
    ("相似问", ["东西不想要了怎么办\n收到的货可以退吗", "怎么要发票\n支持开具发票吗"],
        "同一个问题的其他问法，在单元格里一行写一个，也可以用 | 或 ；隔开；写不下时可以再加几列，列名都叫相似问。"),
    ("分类", ["售后", "支付"],
        "选填。任意文字，查询时可以按它筛选。"),
    ("否定关键词", ["换货", ""],
        "选填。问题里出现其中任何一个词，就一定不是这一条。"),
    ("生效时间", ["2024-01-01", ""],
        "选填。从什么时候开始可以命中，例如 2024-01-01 或 2024-01-01 08:30。没有写时区的按 UTC。"),
    ("失效时间", ["", "2099-12-31"],
        "选填。到什么时候为止。也可以不用这两列，改用一列「有效期」，写 2024-01-01 至 2024-12-31。"),
    ("是否启用", ["是", "是"],
        "选填。是或否，空白就是启用；写否的条目留着，但不会命中。"),
    ("阈值", ["", "0.8"],
        "选填。这一条至少要多相似才算命中，0 到 1 之间；空白就用默认值。"),
    ("关联问题", ["", "faq-1"],
        "选填。可以一并推荐的其他条目的编号，多个用换行或逗号隔开。"),
    ("编号", ["faq-1", "faq-2"],
        "选填。每条一个，不能重复。再次导入时编号相同的条目会被替换；空白时按标准问的文字生成。"),
];

/// Rules that are of no column.
const RULES: [&str; 4] = [
    "请在第一张工作表「FAQ」里填写，把两行示例换成自己的内容。列的顺序可以改，不用的列可以删，多出来的列会作为附加信息保存。",
    "列名也可以用英文：text、answer、wordings、category、not_words、valid_from、valid_until、enabled、threshold、related、id。",
    "用 WPS 或 Excel 保存为 .xlsx，或者另存为 CSV（UTF-8 或 GB18030 都能识别）。",
    "导入：yuyi collection import 集合名 文件.xlsx。有一行不对就整个文件都不导入，并指出是哪张表、哪一行。",
];

/// A workbook (.xlsx) with the columns, two entries that show them, and a sheet that explains them.
///
/// # Errors
/// When it cannot be made.
pub fn faq_template() -> anyhow::Result<Vec<u8>> {
    let mut book = Book::new("FAQ")?;
    book.header(&COLUMNS.map(|(name, ..)| Cow::from(name)))?;
    for i in 0..2 {
        book.row(&COLUMNS.map(|(_, examples, _)| Cow::from(examples[i])))?;
    }
    book.next_sheet("说明")?;
    book.header(&[Cow::from("列名"), Cow::from("怎么填")])?;
    for (name, _, explanation) in COLUMNS {
        book.row(&[name.into(), explanation.into()])?;
    }
    for rule in RULES {
        book.row(&["".into(), rule.into()])?;
    }
    book.width(1, 90.0)?;
    book.finish()
}
