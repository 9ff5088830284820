// The cost of a request without a decision: a Hono route for each measured case, which sends prepared bytes.
import { Hono } from 'hono'

/** The queue is bound where `bench/events` runs it. */
interface BareBindings {
  readonly EVENTS: Queue<string>
}

let bytes = ''
const json = { 'content-type': 'application/json' }

const app = new Hono<{ Bindings: BareBindings }>()
app.put('/bytes', async (c) => {
  bytes = await c.req.text()
  return c.body(null, 204)
})
app.post('/fixed', (c) => c.json({ value: true }))
app.post('/read', async (c) => {
  await c.req.json()
  return c.json({ value: true })
})
app.post('/bytes', (c) => c.body(bytes, 200, json))
app.post('/queue', async (c) => {
  await c.req.json()
  await c.env.EVENTS.sendBatch([{ body: bytes, contentType: 'text' }])
  return c.body(null, 204)
})
app.get('/file', (c) => c.json({ value: true }))

export default app
