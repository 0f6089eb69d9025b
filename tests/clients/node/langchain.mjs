// Usage: node langchain.mjs URL

import assert from 'node:assert/strict'

import { OpenAIEmbeddings } from '@langchain/openai'
import OpenAI, { UnprocessableEntityError } from 'openai'

const url = process.argv[2]
const texts = ['我喜欢吃水果', '苹果香蕉都很美味', '天气晴朗适合出游']
const settings = { model: 'e5-small-zh', apiKey: 'none', maxRetries: 0, configuration: { baseURL: `${url}/v1` } }

const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'none', maxRetries: 0 })
const reply = await client.embeddings.create({ model: 'e5-small-zh', input: texts })
const expected = reply.data.map((item) => Float32Array.from(item.embedding))
const floats = (vectors) => vectors.map((vector) => Float32Array.from(vector))

// Two texts a request, so that three of them take two.
const embeddings = new OpenAIEmbeddings({ ...settings, batchSize: 2 })
assert.deepEqual(floats(await embeddings.embedDocuments(texts)), expected)
assert.deepEqual(floats([await embeddings.embedQuery(texts[0])]), [expected[0]])
const plain = new OpenAIEmbeddings({ ...settings, encodingFormat: 'float' })
assert.deepEqual(floats(await plain.embedDocuments(texts)), expected)
const short = new OpenAIEmbeddings({ ...settings, dimensions: 64 })
assert.equal((await short.embedQuery(texts[0])).length, 64)

// A blank, which it makes of line breaks, must not sink the others.
const [, fruit] = await new OpenAIEmbeddings({ ...settings, stripNewLines: true }).embedDocuments(['\n', texts[0]])
assert.deepEqual(floats([fruit]), [expected[0]])
await assert.rejects(embeddings.embedDocuments(['']), (error) => {
  return error instanceof UnprocessableEntityError || error.status === 422
})
console.log('langchain for Node: OpenAIEmbeddings in batches, encodings, dimensions, blanks, errors')
