//! Two names that have changed places round one word that gives them their roles, however the rest is put: 人民币换美元 beside 我想用美元换人民币, 公司欠员工工资 beside 员工欠公司钱.

use std::ops::Range;

/// What takes one from the other, moves it or does something to it. Longer ones first.
#[rustfmt::skip]
const VERBS: &[&str] = &[
    "辞退", "开除", "起诉", "投诉", "举报", "赔偿", "委托", "继承", "违约", "寄到", "发到", "运到", "寄往", "发往", "飞往", "转到", "换成", "兑换", "翻译成", "译成",
    "换", "转", "寄", "发", "运", "飞", "兑", "欠", "赶", "打", "骂", "到",
];

/// Characters between a name and the verb behind it that leave the roles as they are.
const BEFORE: &str = "可以能会要想";

/// The same of the verb and a name behind it.
const BEHIND: &str = "到往至了着过";

/// What makes a name the one that something is done to, or the one of two equals.
const TURNING: &str = "被把将让叫给和与跟及同或";

/// People as they speak of themselves and others.
#[rustfmt::skip]
const PEOPLE: &[&str] = &["我", "别人", "他人", "对方", "他", "她", "人家", "老板", "公司", "同事", "同学", "老师", "孩子", "邻居", "客户", "顾客", "商家", "老婆", "老公"];

/// Characters of a name.
const NAME: Range<usize> = 2..9;

/// A text round its verb.
struct Round<'a> {
    before: &'a [char],
    verb: Range<usize>,
    behind: &'a [char],
}

/// Where two texts have two names in turn round the same verb, from the one to the other.
pub(super) fn turned(a: &[char], b: &[char]) -> Option<[Range<usize>; 2]> {
    let is_plain = |text: &[char]| !text.iter().any(|c| TURNING.contains(*c));
    if !is_plain(a) || !is_plain(b) {
        return None;
    }
    VERBS.iter().find_map(|verb| {
        let verb: Vec<char> = verb.chars().collect();
        let (of_a, of_b) = (Round::of(a, &verb)?, Round::of(b, &verb)?);
        let (first, second) = (of_a.subject_in(&of_b), of_b.subject_in(&of_a));
        let (first, second) = (first?, second?);
        Some([
            of_a.shown(first, second.len()),
            of_b.shown(second, first.len()),
        ])
    })
}

impl<'a> Round<'a> {
    /// Of several verbs nothing tells which one is meant.
    fn of(text: &'a [char], verb: &[char]) -> Option<Self> {
        let mut places = (0..text.len()).filter(|&at| text[at..].starts_with(verb));
        let at = places.next().filter(|_| places.next().is_none())?;
        let verb = at..at + verb.len();
        Some(Self {
            before: &text[..at],
            behind: &text[verb.end..],
            verb,
        })
    }

    /// The name next to the verb in front of it, which stands next to it behind it in the other text, and nowhere else in both.
    fn subject_in(&self, other: &Self) -> Option<&'a [char]> {
        let end = self.before.len() - beside(self.before.iter().rev(), BEFORE);
        let start = beside(other.behind.iter(), BEHIND);
        let object = &other.behind[start..];
        let lengths = NAME.rev().filter(|&length| length <= end);
        let mut names = lengths.map(|length| &self.before[end - length..end]);
        let name = names.find(|name| object.starts_with(name))?;
        let has = |text: &[char]| text.windows(name.len()).any(|at| at == name);
        (!has(self.behind) && !has(other.before)).then_some(name)
    }

    /// From the name in front to the end of the one behind.
    fn shown(&self, name: &[char], object: usize) -> Range<usize> {
        let end = self.before.len() - beside(self.before.iter().rev(), BEFORE);
        let behind = self.verb.end + beside(self.behind.iter(), BEHIND);
        end - name.len()..behind + object
    }
}

/// How many characters beside the verb are no name.
fn beside<'t>(characters: impl Iterator<Item = &'t char>, of: &str) -> usize {
    characters.take_while(|c| of.contains(**c)).count()
}

/// Where one text says of somebody that he is done something by another, and the other that he does it to him: 我被别人打了 beside 我打了别人.
pub(super) fn suffered(a: &[char], b: &[char]) -> Option<[Range<usize>; 2]> {
    let (from, to) = passive(a)?;
    let (sufferer, doer) = (&a[from.clone()], &a[to.clone()]);
    let verb = *a.get(to.end)?;
    let at = b.iter().position(|c| *c == verb)?;
    let behind = at + 1 + beside(b[at + 1..].iter(), BEHIND);
    let does = b[..at].ends_with(sufferer) && b[behind..].starts_with(doer);
    let is_active = !b.contains(&'被');
    (does && is_active).then(|| {
        [
            from.start..to.end + 1,
            at - sufferer.len()..behind + doer.len(),
        ]
    })
}

/// Who suffers and who does it, round the only 被.
fn passive(text: &[char]) -> Option<(Range<usize>, Range<usize>)> {
    let by = text.iter().position(|c| *c == '被')?;
    let people = || {
        PEOPLE
            .iter()
            .map(|word| word.chars().collect::<Vec<char>>())
    };
    let sufferer = people().find(|word| text[..by].ends_with(word))?;
    let doer = people().find(|word| text[by + 1..].starts_with(word))?;
    Some((by - sufferer.len()..by, by + 1..by + 1 + doer.len()))
}
