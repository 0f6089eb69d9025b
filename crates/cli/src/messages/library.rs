//! What the libraries of the program say, and the system.

use super::Entry;

/// Errors and remarks by their wording.
#[rustfmt::skip]
pub(super) const LIBRARY: &[Entry] = &[
    // A model that cannot be had: yuyi-models.
    ("There is no model \"{name}\". Installed: {installed}. A path to a model folder works too.", "没有名为“{name}”的模型。已安装：{installed}。也可以写模型文件夹的路径。"),
    ("{name} is not a folder. Name a model folder, or one of these: {installed}.", "{name} 不是文件夹。请写模型文件夹，或以下名称之一：{installed}。"),
    ("The folder {folder} cannot be read", "文件夹 {folder} 无法读取"),
    ("The calibration {file} cannot be read", "校准文件 {file} 无法读取"),

    // A model that answers in part: yuyi.
    ("There are {#found} results for {#expected} texts; each text needs one.", "{expected} 个文本得到了 {found} 个结果，应当每个文本一个。"),

    // What a score does not show: yuyi-tasks.
    ("The numbers differ: {a} in A, {b} in B.", "数字不同：A 是 {a}，B 是 {b}。"),
    ("Only A has these numbers: {numbers}.", "只有 A 有这些数字：{numbers}。"),
    ("Only B has these numbers: {numbers}.", "只有 B 有这些数字：{numbers}。"),
    ("Only A negates: {words}.", "只有 A 是否定的：{words}。"),
    ("Only B negates: {words}.", "只有 B 是否定的：{words}。"),
    ("Each negates what the other affirms: {a} in A, {b} in B.", "两句否定的正好是对方肯定的：A 是 {a}，B 是 {b}。"),
    ("{name} is longer than the model reads at once; only its {characters} are explained.", "{name} 超过模型一次能读的长度，只解释{characters}。"),
    ("first {#end} characters", "开头 {end} 个字符"),
    ("characters {#start} to {#end}", "第 {start} 到 {end} 个字符"),
    ("The model does not know {#share} % of {name}: {words}.", "{name} 的 {share} % 是模型不认识的：{words}。"),

    // Model folders: yuyi-encoder.
    ("{file}: {what}", "{file}：{what}"),
    ("{file}: tensor {tensor}: {what}", "{file}：张量 {tensor}：{what}"),
    ("{path} is a link to {target}, which does not exist. Name the folder that holds the model's {config}.", "{path} 是指向 {target} 的链接，而后者不存在。请写放着模型 {config} 的文件夹。"),
    ("{path} is not a folder. Name the folder that holds the model's {config}.", "{path} 不是文件夹。请写放着模型 {config} 的文件夹。"),
    ("{path}: {config} is a link to {target}, which does not exist. Copy the file itself into the folder.", "{path}：{config} 是指向 {target} 的链接，而后者不存在。请把文件本身复制到这个文件夹里。"),
    ("{path} has no {config}, but {folder} has. Name that folder.", "{path} 里没有 {config}，但 {folder} 里有。请改写那个文件夹。"),
    ("{path} has no {config}. Name the folder of a Hugging Face checkpoint.", "{path} 里没有 {config}。请写 Hugging Face 模型的文件夹。"),
    ("{path} is a link to {target}, which does not exist. Copy the file itself into the folder.", "{path} 是指向 {target} 的链接，而后者不存在。请把文件本身复制到这个文件夹里。"),
    ("{path} does not exist. The model folder is incomplete.", "{path} 不存在，模型文件夹不完整。"),
    ("{path} does not exist.", "{path} 不存在。"),
    ("{path} cannot be read.", "{path} 无法读取。"),
    ("{path} is not a file. The model folder is damaged.", "{path} 不是普通文件，模型文件夹已损坏。"),
    ("{path} was written to while the model used it, so its vectors could be wrong. Load the model again, and replace files by renaming new ones over them.", "{path} 在模型使用期间被改写，算出的向量可能有误。请重新加载模型；更换文件时请先写成新文件，再改名覆盖旧文件。"),
    ("{path} does not exist, and there is no vocab.txt either.", "{path} 不存在，也没有 vocab.txt。"),
    ("{path} does not exist, and yuyi does not read {other}. Make it in Python: AutoTokenizer.from_pretrained(FOLDER).save_pretrained(FOLDER).", "{path} 不存在，而 yuyi 不读 {other}。请用 Python 生成：AutoTokenizer.from_pretrained(FOLDER).save_pretrained(FOLDER)。"),
    ("{path} does not exist, and yuyi does not read {other}. Download the model with its safetensors, as published for transformers.", "{path} 不存在，而 yuyi 不读 {other}。请下载该模型供 transformers 使用的 safetensors 版本。"),
    ("{path} does not exist, and yuyi does not read {other}. Convert it in Python: AutoModel.from_pretrained(FOLDER{option}).save_pretrained(FOLDER).", "{path} 不存在，而 yuyi 不读 {other}。请用 Python 转换：AutoModel.from_pretrained(FOLDER{option}).save_pretrained(FOLDER)。"),
    ("{path} does not exist, and yuyi does not read {other}. Convert it in Python: AutoModel.from_pretrained(FOLDER).save_pretrained(FOLDER).", "{path} 不存在，而 yuyi 不读 {other}。请用 Python 转换：AutoModel.from_pretrained(FOLDER).save_pretrained(FOLDER)。"),
    ("this is a Git LFS pointer in place of the file. Run `git lfs pull` in the model folder.", "这只是 Git LFS 的指针，不是文件本身。请在模型文件夹里运行 `git lfs pull`。"),
    ("this is a web page in place of the file, as a download that failed leaves it. Download the file itself.", "这是一个网页，不是文件本身，多半是下载失败留下的。请重新下载文件。"),
    ("this is not the JSON that was expected: {reason}.", "内容不是应有的 JSON：{reason}。"),
    ("a JSON object was expected.", "这里应是一个 JSON 对象。"),
    ("it has {#length} bytes, but its header describes {#described}. Download it again.", "文件有 {length} 字节，而文件头说应有 {described} 字节。请重新下载。"),
    ("it has {#length} bytes and announces a header of {#header}. Download it again.", "文件有 {length} 字节，却声称文件头有 {header} 字节。请重新下载。"),
    ("this is not a sound safetensors file ({reason}). Download it again.", "这不是完好的 safetensors 文件（{reason}）。请重新下载。"),
    ("it is missing; a tensor of shape {shape} was expected.", "缺少这个张量，它的形状应为 {shape}。"),
    ("its shape is {shape}, but config.json asks for {expected}.", "它的形状是 {shape}，而 config.json 要求 {expected}。"),
    ("element {#place} is not a finite number. The checkpoint is broken; download it again.", "第 {place} 个元素不是有限的数，模型文件已损坏，请重新下载。"),
    ("it is of a head that gives scores (a reranker or a classifier), not vectors. yuyi runs embedding models only.", "它属于打分用的头（重排或分类模型），不产生向量。yuyi 只运行向量模型。"),
    ("{architecture} gives scores (a reranker or a classifier), not vectors. yuyi runs embedding models only.", "{architecture} 是打分用的模型（重排或分类），不产生向量。yuyi 只运行向量模型。"),
    ("BERT and its family have no such tensor, and vectors without it could be others than those of its makers' library. yuyi does not run this architecture.", "BERT 一族没有这样的张量，忽略它，向量可能与原作者的库不同。yuyi 不运行这种结构。"),
    ("model_type \"{kind}\" is not supported. yuyi runs bert, roberta and xlm-roberta.", "不支持 model_type“{kind}”。yuyi 能运行 bert、roberta 和 xlm-roberta。"),
    ("auto_map names a model in Python code of its own, which yuyi does not run.", "auto_map 指向模型自带的 Python 代码，yuyi 不运行它。"),
    ("auto_map names a tokenizer in Python code of the model's own, which yuyi does not run.", "auto_map 指向模型自带的分词 Python 代码，yuyi 不运行它。"),
    ("hidden_act \"{name}\" is not supported. yuyi knows gelu, gelu_new and gelu_pytorch_tanh.", "不支持 hidden_act“{name}”。yuyi 支持 gelu、gelu_new 和 gelu_pytorch_tanh。"),
    ("position_embedding_type \"{kind}\" is not supported; only \"absolute\" is.", "不支持 position_embedding_type“{kind}”，只支持“absolute”。"),
    ("is_decoder is true; yuyi runs encoders only.", "is_decoder 为 true；yuyi 只运行编码器。"),
    ("this is the configuration of a Pooling. Name the folder above, which holds the model.", "这是 Pooling 的配置。请写它上一级、放着模型的文件夹。"),
    ("there is none, and the model is not one whose pooling yuyi knows. Add the file with {\"pooling_mode_cls_token\": true} or {\"pooling_mode_mean_tokens\": true}.", "没有这个文件，yuyi 也不知道该模型的池化方式。请加上此文件，内容为 {\"pooling_mode_cls_token\": true} 或 {\"pooling_mode_mean_tokens\": true}。"),
    ("an adapter (LoRA or its like) lies beside the weights, and yuyi does not apply it. Merge it in Python with merge_and_unload() of peft and save the whole model, or remove it if the weights have it already.", "权重旁边有适配器（LoRA 一类），yuyi 不会应用它。请用 Python 中 peft 的 merge_and_unload() 合并后保存完整模型；若权重已含它，请删掉它。"),
    ("this is not a sound tokenizer: {reason}.", "这不是完好的分词器：{reason}。"),
    ("its vocabulary is empty.", "词表是空的。"),
    ("the special token {token} is not in it.", "其中没有特殊词元 {token}。"),
    ("tokenizer_class \"{name}\" is not supported. yuyi knows the tokenizers of BERT, RoBERTa, XLM-RoBERTa and CamemBERT, and PreTrainedTokenizerFast.", "不支持 tokenizer_class“{name}”。yuyi 支持 BERT、RoBERTa、XLM-RoBERTa、CamemBERT 的分词器和 PreTrainedTokenizerFast。"),
    ("its unk_token \"{token}\", which stands for unknown text, is not in its vocabulary.", "表示未知文字的 unk_token“{token}”不在词表中。"),
    ("its model has no unk_id, the token that stands for unknown text.", "分词模型没有 unk_id，即表示未知文字的词元。"),
    ("the pattern of its {step}, {pattern}, is one that can take very long on some texts (look-around, references, or large repetitions), which yuyi does not run.", "{step} 的正则 {pattern} 对某些文本会耗时极长（环视、反向引用或大量重复），yuyi 不运行它。"),
    ("its max_input_chars_per_word is {#given}, and yuyi takes {#most} at most, since long words take time by the square of their length.", "max_input_chars_per_word 是 {given}，而长词耗时与长度的平方成正比，yuyi 最多接受 {most}。"),
    ("its normaliser ({step}) can make a text {#times} times as long, and yuyi takes {#most} at most.", "规范化步骤（{step}）会把文本变成 {times} 倍长，yuyi 最多接受 {most} 倍。"),
    ("its {name} is \"{token}\", and {file} has another, which transformers 4 and 5 read differently. Make them the same.", "{name} 是“{token}”，与 {file} 中的不同，transformers 4 和 5 对此读法不一。请改成一致。"),
    ("{name} is another list than in {file}, which transformers 4 and 5 read differently. Make them the same.", "{name} 与 {file} 中的列表不同，transformers 4 和 5 对此读法不一。请改成一致。"),
    ("the weights are quantised already. Name the folder of the original checkpoint.", "权重已经量化过。请写原始模型的文件夹。"),
    ("hidden_size and intermediate_size must be multiples of 32 for 4-bit blocks. Choose int8.", "4 位分块要求 hidden_size 和 intermediate_size 是 32 的倍数。请选 int8。"),
    ("{file}: num_hidden_layers is {#used}, but there are weights of {#stored} layers, and those beyond are not used. If that is not meant, set it to {#suggested}.", "{file}：num_hidden_layers 是 {used}，而权重有 {stored} 层，多出的层不会使用。如果不是有意如此，请改为 {suggested}。"),

    // Calibrations and FAQs: yuyi-tasks.
    ("{file}: {problem}. Fit it again with `yuyi calibrate`, or remove the file.", "{file}：{problem}。请用 `yuyi calibrate` 重新校准，或删除该文件。"),
    ("it is not JSON: {reason}", "内容不是 JSON：{reason}"),
    ("it is not a JSON object", "内容不是 JSON 对象"),
    ("{files}: {#pairs} labelled pairs are too few to calibrate with; at least {#least} are needed, better 200.", "{files}：{pairs} 对标注太少，无法校准；至少要 {least} 对，最好 200 对。"),
    ("the id \"{id}\" is there twice, the first time with \"{question}\"", "编号“{id}”出现了两次，第一次是“{question}”"),

    // Keys and addresses: yuyi-server.
    ("{place} is no key: a key has 1 to {longest} visible ASCII characters and neither space nor comma.", "{place}不是密钥：密钥由 1 到 {longest} 个可见 ASCII 字符组成，不含空格和逗号。"),
    ("API key {#number}", "第 {number} 个 API 密钥"),
    ("The admin key", "管理密钥"),
    ("Line {#line} of {file}", "{file} 第 {line} 行"),
    ("The key file {file} cannot be read: {reason}.", "密钥文件 {file} 无法读取：{reason}。"),
    ("The key file {file} has no key. Write one a line.", "密钥文件 {file} 里没有密钥。请每行写一个。"),
    ("it is no plain file", "不是普通文件"),
    ("it is longer than {#most} bytes", "超过 {most} 字节"),
    ("it is not UTF-8", "不是 UTF-8"),
    ("Cannot listen on {address}", "无法在 {address} 上监听"),
    ("Cannot wait for signals", "无法接收信号"),
];

/// What the system says.
#[rustfmt::skip]
pub(super) const SYSTEM: &[Entry] = &[
    ("No such file or directory (os error 2)", "没有这个文件或文件夹（系统错误 2）"),
    ("Permission denied (os error 13)", "没有权限（系统错误 13）"),
    ("File exists (os error 17)", "文件已存在（系统错误 17）"),
    ("Not a directory (os error 20)", "不是文件夹（系统错误 20）"),
    ("Is a directory (os error 21)", "是文件夹（系统错误 21）"),
    ("Too many open files (os error 24)", "打开的文件太多（系统错误 24）"),
    ("File too large (os error 27)", "文件太大（系统错误 27）"),
    ("No space left on device (os error 28)", "磁盘空间不足（系统错误 28）"),
    ("Read-only file system (os error 30)", "文件系统是只读的（系统错误 30）"),
    ("Address already in use (os error 98)", "地址已被占用（系统错误 98）"),
    ("Cannot assign requested address (os error 99)", "本机没有这个地址（系统错误 99）"),
    ("Connection refused (os error 111)", "连接被拒绝（系统错误 111）"),
    ("connection timed out", "连接超时"),
];
