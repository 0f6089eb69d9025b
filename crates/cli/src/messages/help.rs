//! The help of the command line.

use super::Entry;

/// What each command, flag and value is for.
#[rustfmt::skip]
pub(super) const HELP: &[Entry] = &[
    ("Chinese semantic similarity: how alike are two sentences?", "中文语义相似度：两句话的意思有多接近？"),
    ("Language of help, messages and reports [default: Chinese in a Chinese locale, else English; reports are English in an English locale only]", "帮助、消息和报告的语言 [默认：中文环境为中文，否则为英文；报告只在英文环境下为英文]"),
    ("Chinese", "中文"),
    ("English", "英文"),

    // Commands.
    ("Similarity of two sentences, or of every pair of a file", "两句话的相似度，或文件中每一对的相似度"),
    ("Vectors of the texts of a file", "文件中各条文本的向量"),
    ("Quality of a model on labelled pairs and questions", "用标注好的句对和问题衡量模型的质量"),
    ("Models and literal methods side by side on labelled pairs", "在标注好的句对上并列比较多个模型和字面方法"),
    ("One contestant of `compare`, for that command", "`compare` 的一个参赛者，供该命令使用"),
    ("A scale of similarity that means the same for every model, fitted to labelled pairs", "用标注好的句对校准，使相似度对每个模型含义相同"),
    ("What is known of a model", "模型的基本信息"),
    ("A copy of a model folder in 8-bit or 4-bit weights", "把模型文件夹转成 8 位或 4 位权重的副本"),
    ("Speed and memory of a model on this machine", "模型在本机上的速度和内存"),
    ("One number format of `bench`, for that command", "`bench` 的一种数值格式，供该命令使用"),
    ("The HTTP server with the web page", "HTTP 服务和网页"),
    ("Whether the server on this machine answers, for the health check of a container", "检查本机的服务是否应答，供容器健康检查使用"),

    // Models.
    ("Built-in or installed model, or a model folder", "内置或已安装的模型，或模型文件夹"),
    ("Number format of the matrix products [default: f32 for a checkpoint, its own for a quantised model]", "矩阵乘法的数值格式 [默认：普通模型为 f32，量化模型为其自身格式]"),
    ("Threads of one computation [default: the physical cores that may be used]", "一次计算的线程数 [默认：可用的物理核数]"),
    ("32-bit floats: the answers of the original", "32 位浮点数：与原模型结果一致"),
    ("8-bit weights and activations: about three times as fast", "8 位权重和激活：速度约为三倍"),
    ("4-bit weights, 8-bit activations: the smallest; experimental but for the built-in model", "4 位权重、8 位激活：体积最小；除内置模型外属试验性质"),
    ("The model", "模型"),
    ("The method", "方法"),

    // Files.
    ("Format of the file, where its name does not tell", "文件格式（文件名看不出时）"),
    ("Format of the files, where their names do not tell", "文件格式（文件名看不出时）"),
    ("A text a line", "每行一条文本"),
    ("Columns separated by tabs, without quotes", "列之间用制表符分隔，没有引号"),
    ("Columns separated by commas, quoted where needed", "列之间用逗号分隔，必要时加引号"),
    ("A JSON object a line", "每行一个 JSON 对象"),
    ("A JSON array of objects, also in an object, or objects one after another", "由对象组成的 JSON 数组（也可在一个对象里），或一个接一个的对象"),
    ("A workbook, of which the first sheet is read", "工作簿，读取第一张工作表"),
    ("Columns to read, by name or number from 1 [default: found by their names, else the first ones]", "要读取的列，按列名或从 1 起的序号 [默认：按列名识别，否则取前几列]"),
    ("The first row is data, whatever it looks like", "第一行就是数据，不论看起来像什么"),
    ("Files of labelled pairs: sentence_a, sentence_b, label (TSV, CSV, JSON, JSONL or XLSX; `-`: standard input)", "标注好的句对文件：sentence_a、sentence_b、label（TSV、CSV、JSON、JSONL 或 XLSX；`-` 为标准输入）"),
    ("Files of labelled pairs: sentence_a, sentence_b, label (TSV, CSV or JSONL; `-`: standard input)", "标注好的句对文件：sentence_a、sentence_b、label（TSV、CSV 或 JSONL；`-` 为标准输入）"),
    ("Files of labelled pairs: sentence_a, sentence_b, label (TSV, CSV or JSONL; `-`: standard input) [default: the pairs in the program]", "标注好的句对文件：sentence_a、sentence_b、label（TSV、CSV 或 JSONL；`-` 为标准输入）[默认：程序自带的句对]"),
    ("Ends of the scale of the labels, as in 0..5 [default: 0..1 if they all lie there, else the whole numbers around them]", "标注的分值范围，例如 0..5 [默认：都在 0 到 1 之间则为 0..1，否则取两端的整数]"),
    ("Least label, on the scale from 0 to 1, of a pair that counts as the same", "标注（换算到 0 至 1）达到多少算同义"),
    ("Bootstrap samples of the 95 % intervals; 0: no intervals", "计算 95 % 区间的自助法抽样次数；0 表示不算区间"),
    ("Write a report with plots: one HTML file that needs no network", "生成带图的报告：一个不需要网络的 HTML 文件"),
    ("Write JSON", "输出 JSON"),
    ("Write JSON, one line a pair", "输出 JSON，每对一行"),
    ("Write a summary to standard output as JSON", "在标准输出写一份 JSON 摘要"),

    // yuyi sim
    ("First sentence", "第一句"),
    ("Second sentence", "第二句"),
    ("File of pairs (TSV, CSV, JSON, JSONL or XLSX; `-`: standard input)", "句对文件（TSV、CSV、JSON、JSONL 或 XLSX；`-` 为标准输入）"),
    ("Where the scores of a file go [default: standard output]", "文件的得分写到哪里 [默认：标准输出]"),
    ("End at the first row that cannot be scored, instead of marking it", "遇到第一个无法打分的行就停止，而不是标出来"),
    ("Comparisons of characters and words beside the score: jaccard, edit, tfidf, tfidf_words", "在得分之外再按字词比较：jaccard、edit、tfidf、tfidf_words"),
    ("Tell which words the score comes from", "说明得分来自哪些词"),

    // yuyi embed
    ("File of texts (TXT, TSV, CSV, JSON, JSONL or XLSX; `-`: standard input)", "文本文件（TXT、TSV、CSV、JSON、JSONL 或 XLSX；`-` 为标准输入）"),
    ("Where the vectors go: .npy, .jsonl, or `-` for JSONL on standard output", "向量写到哪里：.npy、.jsonl，或 `-`（以 JSONL 写到标准输出）"),
    ("Text in front of each text [default: the model's default prompt]", "加在每条文本前面的文字 [默认：模型的默认提示语]"),
    ("Put nothing in front of the texts", "文本前面什么都不加"),

    // yuyi eval
    ("FAQ to search: question, answer, id, wordings", "要检索的 FAQ：question、answer、id、wordings"),
    ("Questions to the FAQ: question, and the id or the question of the entry that answers it; empty: none does", "向 FAQ 提的问题：question，以及能回答它的条目的 id 或 question；为空表示没有答案"),
    ("Columns of the FAQ, by name or number from 1, as in 2,3,1; an empty one is not there [default: found by their names, else the first ones]", "FAQ 的各列，按列名或从 1 起的序号，例如 2,3,1；空着表示没有这一列 [默认：按列名识别，否则取前几列]"),
    ("Columns of the questions, likewise", "问题文件的各列，写法相同"),
    ("Worst errors of each kind that are listed", "每类列出多少个最严重的错误"),

    // yuyi calibrate
    ("Where the calibration goes [default: where it is used from then on]", "校准结果写到哪里 [默认：写到以后会自动使用的位置]"),
    ("Precision for which a threshold is sought: the share of accepted pairs that are the same", "要为多高的精确率找阈值：被接受的句对中真正同义的比例"),
    ("Fit and measure, and write no calibration", "只拟合和衡量，不写校准文件"),

    // yuyi compare
    ("Models to compare, separated by commas: built-in or installed ones, or model folders", "要比较的模型，用逗号分隔：内置或已安装的模型，或模型文件夹"),
    ("Comparisons of characters and words beside them: jaccard, edit, tfidf, tfidf_words, word2vec:FILE", "同时比较的字面方法：jaccard、edit、tfidf、tfidf_words、word2vec:文件"),

    // yuyi bench
    ("Number format to measure; may be repeated [default: f32 for a checkpoint, its own for a quantised model]", "要测量的数值格式，可重复 [默认：普通模型为 f32，量化模型为其自身格式]"),
    ("A few seconds instead of about half a minute: fewer runs of everything", "只用几秒而不是约半分钟：每项少跑几次"),
    ("32-bit floats", "32 位浮点数"),
    ("8-bit weights and activations", "8 位权重和激活"),
    ("4-bit weights, 8-bit activations", "4 位权重、8 位激活"),
    ("Each of them", "以上每一种"),

    // yuyi quantize
    ("Installed model or model folder, in floats", "浮点格式的已安装模型或模型文件夹"),
    ("Folder to write: a new one, or an empty one", "写到哪个文件夹：新的或空的"),
    ("Number format of the weights", "权重的数值格式"),
    ("8-bit weights with a scale for each output", "8 位权重，每个输出一个比例"),
    ("4-bit weights in blocks of 32; experimental", "4 位权重，每 32 个一块；试验性质"),

    // yuyi health
    ("Configuration file of the server, for its address", "服务的配置文件，从中取地址"),
    ("Address of the server; 0.0.0.0 stands for this machine", "服务的地址；0.0.0.0 表示本机"),
    ("Port of the server", "服务的端口"),
    ("Seconds to wait for the answer", "等待应答的秒数"),

    // yuyi serve
    ("TOML file with any of these flags, as `queue-timeout = 30`; flags and variables win over it", "TOML 配置文件，可写这里的任何选项，例如 `queue-timeout = 30`；命令行选项和环境变量优先"),
    ("Address to listen on; 0.0.0.0 publishes the server", "监听的地址；0.0.0.0 表示对外开放"),
    ("Port; 0 takes a free one", "端口；0 表示自动选一个空闲端口"),
    ("Further name for the default model, or NAME=MODEL for another; may be repeated (separated by commas in the environment)", "默认模型的别名，或用 NAME=MODEL 给其他模型起别名；可重复（环境变量中用逗号分隔）"),
    ("Largest body of a request", "请求体的最大字节数"),
    ("Most texts of a request", "一次请求最多多少条文本"),
    ("Most characters of a text", "一条文本最多多少个字符"),
    ("Most items that a call brings to a collection or asks of it", "一次调用最多写入或读取集合的多少个条目"),
    ("Most pairs of a matrix", "一个矩阵最多多少对"),
    ("Most tokens that wait in the queue", "队列中最多等待多少个 token"),
    ("Seconds that a request waits for its turn", "请求排队最多等多少秒"),
    ("Memory for vectors that were computed before; 0: none", "缓存向量用的内存；0 表示不缓存"),
    ("Seconds that such a vector is kept [default: until there is no room]", "缓存的向量保留多少秒 [默认：直到放不下]"),
    ("Redis where servers share such vectors: redis://:PASSWORD@HOST:PORT/DB", "多个服务共享缓存用的 Redis：redis://:PASSWORD@HOST:PORT/DB"),
    ("Folder that collections are kept in [default: collections in the home folder, made when it is needed]", "存放集合的文件夹 [默认：主文件夹下的 collections，用到时才建立]"),
    ("PostgreSQL server that collections are kept on, instead of a folder: postgres://USER:PASSWORD@HOST/DATABASE", "存放集合的 PostgreSQL 服务器，代替文件夹：postgres://USER:PASSWORD@HOST/DATABASE"),
    ("Seconds in which a body must arrive", "请求体须在多少秒内到达"),
    ("Seconds in which the head of a request must arrive", "请求头须在多少秒内到达"),
    ("Seconds in which a client must take a mebibyte of its answer, or the rest of it", "客户端须在多少秒内取走 1 MiB 应答，或剩下的全部"),
    ("Memory that requests may hold together: bodies, what is read of them, and answers that were not taken yet", "所有请求合计最多占用多少内存：请求体、解析结果和尚未取走的应答"),
    ("Seconds that a connection may stay open between requests", "连接在两次请求之间最多保持多少秒"),
    ("Most connections at a time", "同时最多多少个连接"),
    ("Seconds that accepted requests may take when the server is told to stop", "停止服务时，已接受的请求最多再处理多少秒"),
    ("Form of the log on standard error", "标准错误上日志的形式"),
    ("What is logged: error, warn, info, debug or trace, also per module", "记录哪些日志：error、warn、info、debug 或 trace，也可按模块设置"),
    ("Write the texts of requests to the log", "把请求中的文本写进日志"),
    ("Write the line about the address as JSON", "以 JSON 输出关于地址的那一行"),
    ("Model to serve; may be repeated, the first is the default (separated by commas in the environment)", "要服务的模型；可重复，第一个为默认（环境变量中用逗号分隔）"),
    ("Serve the models of --model only; without it, a request may also name any other installed one", "只服务 --model 指定的模型；否则请求也可以点名其他已安装的模型"),
    ("Load a model when a request first names it", "第一次被请求点名时才加载模型"),
    ("Unload a model after so long without a request, such as 10m [default: never]", "多久没有请求就卸载模型，例如 10m [默认：从不]"),
    ("Memory that models may take together; the one used least recently goes [default: no limit]", "各模型合计可占多少内存；超出时卸载最久未用的 [默认：不限]"),
    ("Lines for people", "给人看的文字行"),
    ("Key that callers must send (may be repeated; separated by commas in the environment); a file keeps it out of the list of processes", "调用方必须提供的密钥（可重复；环境变量中用逗号分隔）；写在文件里就不会出现在进程列表中"),
    ("File of such keys, one a line; read again on SIGHUP", "存放密钥的文件，每行一个；收到 SIGHUP 时重新读取"),
    ("Key for loading and unloading models [default: programs on this machine may]", "加载和卸载模型用的密钥 [默认：本机程序可以]"),
    ("Most requests a minute with one key, or from one address where no keys are asked for [default: no limit]", "每个密钥（未要求密钥时为每个地址）每分钟最多多少次请求 [默认：不限]"),
    ("Proxies in front that add the caller's address to X-Forwarded-For", "前面有几层代理会把调用方地址写进 X-Forwarded-For"),
    ("Origin whose pages may call, with its scheme (may be repeated) [default: all, but for managing models]", "允许哪个来源的网页调用，要带协议（可重复）[默认：全部，但不含管理模型]"),
    ("Name by which browsers may call a server without keys, beside addresses, localhost and --host (may be repeated); *.example.com: all below it", "没有密钥的服务，除 IP 地址、localhost 和 --host 外，允许浏览器用哪个域名调用（可重复）；*.example.com 表示其下全部"),
    ("Path under which a proxy shows the server, such as /tools/yuyi", "代理把服务放在哪个路径下，例如 /tools/yuyi"),
];
