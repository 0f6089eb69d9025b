// Usage: node openai.mjs URL

import assert from 'node:assert/strict'

import OpenAI, { NotFoundError, UnprocessableEntityError } from 'openai'

const url = process.argv[2]
const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'none', maxRetries: 0 })
const texts = ['今天天气真不错', '外面阳光明媚', '请把发票寄给财务']

// Without encoding_format the client asks for base64 and decodes it.
const reply = await client.embeddings.create({ model: 'e5-small-zh', input: texts })
assert.deepEqual(reply.data.map((item) => item.index), [0, 1, 2])
const vectors = reply.data.map((item) => Float32Array.from(item.embedding))
for (const vector of vectors) {
  assert.equal(vector.length, 384)
  assert.ok(Math.abs(Math.hypot(...vector) - 1) < 1e-5)
}
assert.ok(reply.usage.prompt_tokens > 10)

const plain = await client.embeddings.create({ model: 'e5-small-zh', input: texts, encoding_format: 'float' })
assert.deepEqual(plain.data.map((item) => Float32Array.from(item.embedding)), vectors)

const short = await client.embeddings.create({ model: 'e5-small-zh', input: texts[0], dimensions: 64 })
assert.equal(short.data[0].embedding.length, 64)

const models = []
for await (const model of client.models.list()) {
  models.push(model.id)
}
assert.deepEqual(models, ['e5-small-zh'])
assert.equal((await client.models.retrieve('e5-small-zh')).id, 'e5-small-zh')

await assert.rejects(client.embeddings.create({ model: 'no-such-model', input: 'x' }), (error) => {
  return error instanceof NotFoundError && error.code === 'model_not_found' && error.param === 'model'
})
await assert.rejects(client.embeddings.create({ model: 'e5-small-zh', input: ['x', ''] }), (error) => {
  return error instanceof UnprocessableEntityError && error.code === 'empty_text' && error.param === 'input[1]'
})
console.log('openai for Node: base64, float, dimensions, models, errors')
