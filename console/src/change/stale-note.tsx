// In the dialogue of an action whose object somebody else changed meanwhile.
import { merging as words } from '../messages/merging.ts'
import { Note } from '../ui/page.tsx'

export default function StaleNote() {
  return (
    <Note tone="warning" alert>
      <b>{words.title}</b>
      <p>{words.action}</p>
    </Note>
  )
}
