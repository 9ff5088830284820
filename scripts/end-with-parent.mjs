// Loaded into the first process of a group (process-group.ts) before its program: ends the whole group as
// soon as the process that started it is gone, however that one ended. The system closes the pipe for it.
import { Socket } from 'node:net'

const name = 'TACKLINE_PARENT_PIPE'
const descriptor = process.env[name]
if (descriptor !== undefined) {
  delete process.env[name] // a child of this process has another parent
  const parent = new Socket({ fd: Number(descriptor), readable: true, writable: false })
  parent.on('error', endGroup).on('close', endGroup)
  parent.resume()
  parent.unref()
}

function endGroup() {
  process.kill(-process.pid, 'SIGKILL')
}
