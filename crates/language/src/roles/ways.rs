//! From where and whereto something goes: 从微信转到支付宝, 转到支付宝从微信 and 微信转支付宝 are one way.

use std::ops::Range;

use crate::plain::Plain;

/// What a way names in a text, by the characters from which on the names stand.
struct Way {
    /// From where: the name begins here where 从 says so, else it is somewhere in here.
    source: Range<usize>,
    is_named: bool,
    /// Whereto: the name begins here.
    target: Range<usize>,
}

/// The ways of two texts of which one goes back where the other goes, as they stand there. At least one of them has 从; of others
/// nothing but their order says which name is which.
pub(super) fn turned(a: &[char], b: &[char]) -> Option<[Range<usize>; 2]> {
    let (way_a, way_b) = (Way::of(a)?, Way::of(b)?);
    if !way_a.is_named && !way_b.is_named {
        return None;
    }
    let there = way_a.source_in(a, &b[way_b.target.clone()]);
    let back = way_b.source_in(b, &a[way_a.target.clone()]);
    let same_source = match way_a.is_named {
        true => way_b.source_in(b, &a[way_a.source.clone()]),
        false => way_a.source_in(a, &b[way_b.source.clone()]),
    };
    let same_target = common_begin(&a[way_a.target.clone()], &b[way_b.target.clone()]);
    let is_name =
        |text: &[char], length: usize| length > 1 || length == 1 && text[0].is_ascii_alphanumeric();
    let is_turned = there > same_source
        && back > same_target
        && is_name(&b[way_b.target.clone()], there)
        && is_name(&a[way_a.target.clone()], back);
    is_turned.then(|| [way_a.shown(there, back), way_b.shown(back, there)])
}

impl Way {
    fn of(text: &[char]) -> Option<Self> {
        let end = text.len();
        let Some(from) = text.windows(2).position(|pair| is_from(pair[0], pair[1])) else {
            let mark = mark(text, 1..end)?;
            return Some(Self {
                source: 0..mark.start,
                is_named: false,
                target: mark.end..end,
            });
        };
        let (source, target) = match mark(text, from + 2..end) {
            Some(mark) => (from + 1..mark.start, mark.end..end),
            None => (from + 1..end, mark(text, 0..from)?.end..from),
        };
        Some(Self {
            source,
            is_named: true,
            target,
        })
    }

    /// How many characters a name, of which it is only known where it begins, has in common with the source.
    fn source_in(&self, text: &[char], name: &[char]) -> usize {
        let source = &text[self.source.clone()];
        let begins = match self.is_named {
            true => 0..source.len().min(1),
            false => 0..source.len(),
        };
        let common = begins.map(|begin| common_begin(&source[begin..], name));
        common.max().unwrap_or_default()
    }

    /// Where both names stand, of so many characters.
    fn shown(&self, source: usize, target: usize) -> Range<usize> {
        let source = match self.is_named {
            true => self.source.start..self.source.start + source,
            false => self.source.clone(),
        };
        let target = self.target.start..self.target.start + target;
        source.start.min(target.start)..source.end.max(target.end)
    }
}

/// Whether 从 says from where: not in 从来 and 从不.
fn is_from(c: char, next: char) -> bool {
    c == '从' && !matches!(next, '不' | '没' | '未' | '来' | '此' | '事')
}

/// What says whereto, with a name behind it: 转账到, 转, 到.
fn mark(text: &[char], within: Range<usize>) -> Option<Range<usize>> {
    (within.start..within.end)
        .map(|at| at..mark_end(text, at))
        .find(|mark| !mark.is_empty() && mark.end < within.end)
}

/// Where a mark ends that begins there; right there: none begins.
fn mark_end(text: &[char], at: usize) -> usize {
    let is = |at: usize, of: &str| text.get(at).is_some_and(|c| of.contains(*c));
    match text[at] {
        '到' | '至' | '往' | '→' => at + 1,
        // 转移 and 转换 say less.
        '转' if is(at + 1, "移换让发型身告正机人") => at,
        '转' => {
            let paid = at + 1 + usize::from(is(at + 1, "账钱帐"));
            paid + usize::from(is(paid, "到至给入进往"))
        }
        _ => at,
    }
}

fn common_begin(a: &[char], b: &[char]) -> usize {
    a.iter().zip(b).take_while(|(a, b)| a == b).count()
}

/// A text without what may as well be left out of a way: 从微信转到支付宝 is 微信转支付宝.
pub(super) fn bare(text: Plain) -> Plain {
    text.without(|at, all| match all[at] {
        '从' => all.get(at + 1).is_some_and(|next| is_from('从', *next)),
        '由' => at == 0,
        '到' | '至' | '给' | '账' => {
            all[..at].ends_with(&['转']) || all[..at].ends_with(&['转', '账'])
        }
        _ => false,
    })
}
