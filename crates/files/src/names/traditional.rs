//! Traditional characters in the names of columns.

use std::collections::HashMap;
use std::sync::LazyLock;

/// Each with its simplified form.
const PAIRS: &str = "\
    問问 題题 標标 準准 內内 話话 術术 對对 評评 測测 試试 結结 語语 義义 類类 別别 編编 號号 詞词 譯译 擴扩 輸输 檢检 檔档 籤签 \
    簽签 記记 註注 備备 來来 詢询 覆复 復复 應应 庫库 識识 據据 細细 員员 戶户 顧顾 機机 產产 學学 師师 實实 際际 預预 類类 級级 \
    數数 點点 項项 間间 時时 歷历 會会 訊讯 資资 參参 選选 變变 體体 擬拟 為为 誤误 確确 斷断 關关 鍵键 搜搜 尋寻 連连 領领 \
    狀状 態态 長长 單单 雙双 開开 處处 說说 講讲 談谈 寫写 書书 條条 範范 例例 樣样 課课 論论 聲声 認认 證证 從从 後后 與与 \
    錯错 無无 蘊蕴 負负 匯汇 補补 擇择 釋释 簡简 繁繁 總总 摘摘 見见 馈馈 饋馈 請请 達达 義义 組组 異异 屬属 專专 業业 務务 電电 線线 關关 聯联 啟启 啓启 閾阈 導导 過过 終终 絕绝 給给 陳陈";

/// The simplified form of each of them: texts are looked at as names as well, and are long.
static SIMPLIFIED: LazyLock<HashMap<char, char>> = LazyLock::new(|| {
    let pairs = PAIRS.split_whitespace().rev().filter_map(|pair| {
        let mut pair = pair.chars();
        Some((pair.next()?, pair.next()?))
    });
    pairs.collect()
});

/// A simplified character in the place of a traditional one.
pub(in super::super) fn simplified(c: char) -> char {
    if c.is_ascii() {
        return c;
    }
    SIMPLIFIED.get(&c).copied().unwrap_or(c)
}
