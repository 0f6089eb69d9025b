//! Traditional characters of the words that the rules know.

use std::collections::HashMap;
use std::sync::LazyLock;

/// Traditional characters, each with its simplified form, of words in the lists of this crate and the commonest around them:
/// the rules and the dictionary know simplified ones. After the table `TSCharacters` of OpenCC.
const PAIRS: &str = "\
    丟丢 並并 乾干 亞亚 佔占 併并 來来 係系 倆俩 個个 們们 倖幸 備备 傢家 傳传 傷伤 僅仅 價价 億亿 儘尽 兒儿 內内 兩两 別别 \
    則则 剋克 勁劲 動动 務务 勝胜 勞劳 卻却 厭厌 參参 員员 問问 喫吃 單单 嗎吗 嘗尝 噸吨 噹当 嚐尝 嚴严 國国 圓圆 場场 塊块 \
    壞坏 學学 寧宁 審审 寫写 專专 對对 屆届 層层 屬属 嵗岁 師师 帶带 幣币 幹干 幾几 廢废 廳厅 張张 彆别 彔录 後后 從从 應应 \
    戀恋 戲戏 戶户 掛挂 換换 損损 摺折 擔担 據据 擺摆 敗败 數数 斷断 於于 旣既 昇升 時时 暫暂 曠旷 書书 會会 東东 査查 條条 \
    棄弃 業业 極极 榦干 樂乐 樓楼 樣样 機机 檯台 歡欢 歲岁 氣气 決决 沒没 淩凌 減减 準准 滿满 為为 無无 煩烦 熱热 爲为 爾尔 \
    猶犹 獨独 產产 産产 甯宁 異异 當当 發发 盃杯 盡尽 眞真 瞞瞒 碼码 礙碍 禮礼 稅税 種种 稱称 箇个 簡简 簽签 籤签 約约 級级 \
    絕绝 絡络 給给 統统 絶绝 綫线 網网 緊紧 緒绪 線线 緣缘 緻致 績绩 繫系 繹绎 續续 纔才 罷罢 聯联 聽听 脩修 脫脱 腦脑 膠胶 \
    臺台 興兴 舘馆 華华 萊莱 萬万 葯药 蓆席 蔔卜 蔘参 藥药 處处 號号 虧亏 衕同 裏里 裡里 製制 襬摆 見见 規规 視视 覺觉 訂订 \
    討讨 記记 許许 訴诉 診诊 証证 詢询 話话 該该 認认 誤误 說说 説说 誰谁 課课 請请 論论 謂谓 謝谢 證证 識识 譜谱 議议 護护 \
    讀读 讓让 豈岂 負负 貨货 買买 貸贷 費费 賣卖 賬账 購购 贈赠 踰逾 車车 載载 輛辆 輸输 轉转 辦办 辭辞 迴回 這这 週周 進进 \
    運运 過过 違违 遲迟 選选 遺遗 還还 郵邮 醫医 釐厘 針针 釦扣 鈡钟 銀银 銷销 銹锈 鋼钢 錄录 錢钱 錯错 録录 鍋锅 鍼针 鍾钟 \
    鏈链 鏽锈 鐘钟 鐵铁 長长 門门 閉闭 開开 閑闲 閒闲 間间 閤合 關关 陞升 陸陆 陽阳 隊队 險险 隻只 雙双 離离 難难 電电 靈灵 \
    韆千 頁页 須须 預预 頭头 顆颗 題题 額额 願愿 顛颠 風风 颱台 飛飞 飯饭 餘余 館馆 駁驳 驗验 體体 髮发 鬚须 鬧闹 麪面 麫面 \
    麵面 麼么 麽么 點点 齊齐 齣出 節节 術术 賽赛 慶庆 聖圣 誕诞 畢毕";

static SIMPLIFIED: LazyLock<HashMap<char, char>> = LazyLock::new(|| {
    let pairs = PAIRS.split_whitespace().map(str::chars);
    let pair = |mut pair: std::str::Chars| Some((pair.next()?, pair.next()?));
    pairs.filter_map(pair).collect()
});

/// The text with simplified characters in place of the traditional ones that are known: as many characters.
pub fn simplified(text: &str) -> String {
    text.chars().map(simplified_character).collect()
}

/// The simplified form of a character, or the character.
pub(crate) fn simplified_character(c: char) -> char {
    // All of them lie here.
    match matches!(c, '\u{4e00}'..='\u{9fff}') {
        true => SIMPLIFIED.get(&c).copied().unwrap_or(c),
        false => c,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn traditional_characters_are_read_as_simplified_ones() {
        assert_eq!(
            simplified("這個還沒辦好，別著急 ok"),
            "这个还没办好，别著急 ok"
        );
        assert_eq!(simplified("没有"), "没有");
        assert_eq!(SIMPLIFIED.len(), PAIRS.split_whitespace().count());
        assert!(SIMPLIFIED.iter().all(|(from, to)| from != to));
    }
}
