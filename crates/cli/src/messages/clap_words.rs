//! The words of clap, which speaks English alone.

use super::{Entry, chinese};

/// Fixed pieces of its help.
const PIECES: &[Entry] = &[
    ("Usage: ", "用法："),
    ("Commands:\n", "命令：\n"),
    ("Options:\n", "选项：\n"),
    ("Arguments:\n", "参数：\n"),
    ("Possible values:\n", "可选值：\n"),
    ("[possible values: ", "[可选值："),
    ("[default: ", "[默认："),
    ("[env: ", "[环境变量："),
    ("[OPTIONS]", "[选项]"),
    ("<COMMAND>", "<命令>"),
    (
        "Print help (see a summary with '-h')",
        "显示帮助（-h 显示摘要）",
    ),
    (
        "Print help (see more with '--help')",
        "显示帮助（--help 显示详情）",
    ),
    ("Print help", "显示帮助"),
    ("Print version", "显示版本"),
    (
        "Print this message or the help of the given subcommand(s)",
        "显示本帮助，或某个命令的帮助",
    ),
];

/// Lines of its errors.
pub(super) const ERRORS: &[Entry] = &[
    ("error: {message}", "错误：{message}"),
    ("unexpected argument '{flag}' found", "没有参数“{flag}”"),
    (
        "unexpected value '{value}' for '{flag}' found; no more were expected",
        "“{flag}”不能再有值“{value}”",
    ),
    ("unrecognized subcommand '{name}'", "没有命令“{name}”"),
    (
        "invalid value '{value}' for '{flag}': {reason}",
        "“{flag}”的值“{value}”不对：{reason}",
    ),
    (
        "invalid value '{value}' for '{flag}'",
        "“{flag}”的值“{value}”不对",
    ),
    (
        "a value is required for '{flag}' but none was supplied",
        "“{flag}”需要一个值",
    ),
    (
        "the argument '{flag}' cannot be used with '{other}'",
        "“{flag}”不能与“{other}”一起用",
    ),
    (
        "the argument '{flag}' cannot be used with:",
        "“{flag}”不能与以下参数一起用：",
    ),
    (
        "the argument '{flag}' cannot be used multiple times",
        "“{flag}”只能用一次",
    ),
    (
        "the following required arguments were not provided:",
        "缺少以下参数：",
    ),
    (
        "equal sign is needed when assigning values to '{flag}'",
        "“{flag}”与其值之间要有等号",
    ),
    ("invalid digit found in string", "不是整数"),
    ("number too large to fit in target type", "数太大了"),
    ("number too small to fit in target type", "数太小了"),
    ("number would be zero for non-zero type", "不能是 0"),
    ("cannot parse integer from empty string", "不能为空"),
    (
        "{value} is not in {low}..={high}",
        "{value} 不在 {low} 到 {high} 之间",
    ),
    ("{value} is not in {low}..", "{value} 小于 {low}"),
    (
        "tip: a similar argument exists: '{name}'",
        "提示：有一个相近的参数“{name}”",
    ),
    (
        "tip: some similar arguments exist: {names}",
        "提示：有几个相近的参数：{names}",
    ),
    (
        "tip: a similar subcommand exists: '{name}'",
        "提示：有一个相近的命令“{name}”",
    ),
    (
        "tip: some similar subcommands exist: {names}",
        "提示：有几个相近的命令：{names}",
    ),
    (
        "tip: a similar value exists: '{name}'",
        "提示：有一个相近的值“{name}”",
    ),
    (
        "tip: some similar values exist: {names}",
        "提示：有几个相近的值：{names}",
    ),
    (
        "tip: to pass '{value}' as a value, use '{usage}'",
        "提示：要把“{value}”当作值，请写“{usage}”",
    ),
    ("For more information, try '{flag}'.", "详见“{flag}”。"),
];

/// Help or an error as clap writes it.
pub(super) fn in_chinese(rendered: &str) -> String {
    let pieces = PIECES.iter();
    let text = pieces.fold(rendered.to_owned(), |text, (english, chinese)| {
        text.replace(english, chinese)
    });
    let line = |line: &str| {
        let message = line.trim_start();
        let (blanks, rest) = line.split_at(line.len() - message.len());
        let message = rest.trim_end_matches('\n');
        let end = &rest[message.len()..];
        let told = of_value(message).or_else(|| chinese(message));
        format!(
            "{blanks}{}{end}",
            told.unwrap_or_else(|| message.to_owned())
        )
    };
    text.split_inclusive('\n').map(line).collect()
}

/// A possible value with its help: `- f32:  32-bit floats`.
fn of_value(line: &str) -> Option<String> {
    let (name, help) = line.strip_prefix("- ")?.split_once(':')?;
    let blanks = help.len() - help.trim_start().len();
    let told = chinese(help.trim_start())?;
    Some(format!("- {name}:{:blanks$}{told}", ""))
}
