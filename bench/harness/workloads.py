"""The texts that all engines get: token ids for the random model, texts for the built-in one."""

import math
from dataclasses import dataclass, field

import numpy
from tokenizers import Tokenizer

from harness import REPOSITORY

SEED = 41
CLS, SEP, FIRST_ID, VOCABULARY = 101, 102, 300, 21128
BUILTIN = REPOSITORY / "models" / "builtin"
BUILTIN_PROMPT = "query: "
MIXED_TEXTS = 1000
# Batch sizes of which every padding peer gets its best; 1 is no padding at all.
BATCHES = (1, 8, 32, 64)
CHECK_LENGTHS = (16, 32, 7, 128, 512, 9, 77, 20)

# Pieces of which texts for the built-in model are put together.
PHRASES = (
    "今天下午", "我们公司", "这家餐厅的菜", "请问", "如何", "修改登录密码", "手机屏幕碎了", "能不能", "退款", "已经三天了",
    "天气预报说", "明天会下雨", "，", "。", "？", "非常好吃", "物流信息", "一直没有更新", "开具发票", "客服电话", "打不通", "学习中文",
    "的方法", "孩子发烧", "怎么办", "银行卡", "每日限额", "可以调整吗", "这个版本", "比以前快得多", "新闻", "昨晚的比赛", "谁赢了",
    "图书馆几点关门", "我想", "预订两张", "去上海的火车票", "但是", "因为", "所以", "如果", "数据库", "连接失败", "重新启动", "服务器",
    "温度传感器", "读数不准", "喜欢看电影", "他说", "她不知道", "合同", "什么时候到期", "办理", "居住证", "需要哪些材料",
)


@dataclass(frozen=True)
class Workload:
    """Inputs that are encoded together, and how often."""

    name: str
    title: str
    lengths: tuple[int, ...] = field(repr=False)
    # Of a full run, which always takes them all; a quick run takes a quarter.
    rounds: int
    # Throughput rather than time is what a reader compares.
    throughput: str | None = None

    def in_batches(self):
        """Peers choose a batch size."""
        return self.throughput is not None

    def costly(self):
        """A round takes minutes, so that shortcuts pay."""
        return len(self.lengths) > 100


def mixed_lengths():
    """Token counts of 1,000 texts: most are short, a few are long, the mean is 27."""
    drawn = numpy.random.RandomState(SEED).lognormal(math.log(20), 0.8, MIXED_TEXTS)
    return tuple(int(n) for n in numpy.clip(numpy.rint(drawn), 6, 512))


WORKLOADS = (
    Workload("single-16", "16 tokens, ms", (16,), 30),
    Workload("single-32", "32 tokens, ms", (32,), 30),
    Workload("single-128", "128 tokens, ms", (128,), 30),
    Workload("single-512", "512 tokens, ms", (512,), 8),
    Workload("pair-16", "pair of 16, ms", (16, 16), 30),
    Workload("batch-32x32", "32 texts of 32, tokens/s", (32,) * 32, 8, throughput="tokens"),
    Workload("mixed-1000", "1,000 mixed texts, texts/s", mixed_lengths(), 8, throughput="texts"),
)


class Inputs:
    """Makes the inputs of one model: token ids of the random one, texts of the built-in one."""

    def __init__(self, group):
        self.kind = "texts" if group == "builtin" else "ids"
        self.made = {}
        if self.kind == "texts":
            self.tokenizer = Tokenizer.from_file(str(BUILTIN / "tokenizer.json"))

    def of(self, lengths):
        """The inputs part of a request: always the same for the same lengths."""
        if lengths not in self.made:
            make = self._text if self.kind == "texts" else self._ids
            draws = numpy.random.RandomState(SEED)
            self.made[lengths] = {self.kind: [make(length, draws) for length in lengths]}
        return self.made[lengths]

    def _ids(self, length, draws):
        return [CLS, *draws.randint(FIRST_ID, VOCABULARY, length - 2).tolist(), SEP]

    def _text(self, length, draws):
        """A text of exactly `length` tokens, prompt and special tokens included."""
        text = ""
        # Each phrase adds a token or more, unless the last one would add too many.
        for _ in range(20 * length):
            text, count = self._longer(text, PHRASES[draws.randint(len(PHRASES))], length)
            # Without a text the prompt's last space is a token, which many a first word swallows.
            if text and count == length:
                return text
        raise ValueError(f"No text of {length} tokens was found; the prompt alone may be longer.")

    def _longer(self, text, phrase, most):
        """The text with as much of the phrase as `most` tokens hold, and its token count."""
        for end in range(len(phrase), -1, -1):
            longer = text + phrase[:end]
            count = len(self.tokenizer.encode(BUILTIN_PROMPT + longer).ids)
            if count <= most:
                return longer, count
        return text, most + 1


def thin(inputs, step):
    """Every `step`th input by length: the same mix, for finding a batch size."""
    ((kind, values),) = inputs.items()
    return {kind: sorted(values, key=len)[step // 2 :: step]}
