// Uploads a file of ids to a segment, and shows how far it is.
import { useState } from 'react'
import type { Segment } from '../../../core/model/segment.ts'
import type { ChangeAnswer } from '../../../workers/control/api/shapes.ts'
import { pathOf, sendFile } from '../api/client.ts'
import { useEnvironmentId } from '../api/place.ts'
import { ChangeDialog } from '../change/change-dialog.tsx'
import { audience } from '../messages/audience.ts'
import { percent } from '../messages/catalogue.ts'
import { common } from '../messages/common.ts'
import { Field, Radio, TextField } from '../ui/fields.tsx'
import css from './audience.module.css'

const { segments: words } = audience
type Mode = keyof typeof words.modes

export function UploadMembers({ segment, onClose }: { segment: Segment; onClose: () => void }) {
  const environment = useEnvironmentId()
  const [file, setFile] = useState<File>()
  const [mode, setMode] = useState<Mode>('PUT')
  const [column, setColumn] = useState('')
  const [progress, setProgress] = useState<number>()
  const isCsv = file !== undefined && /[.](csv|tsv)$/i.test(file.name)
  const send = (comment: string) => {
    const type = /[.]tsv$/i.test(file!.name) ? 'text/tab-separated-values' : isCsv ? 'text/csv' : 'text/plain'
    return sendFile<ChangeAnswer<Segment>>(
      mode,
      pathOf(environment, 'segments', segment.key, 'members'),
      new Blob([file!], { type }),
      { comment, query: { column: (isCsv && column) || undefined }, onProgress: setProgress },
    ).finally(() => setProgress(undefined))
  }
  return (
    <ChangeDialog
      title={words.upload}
      verb={words.upload}
      isReady={file !== undefined}
      run={send}
      done={({ entity: { name, key, members } }) => words.uploaded(name || key, members?.count ?? 0)}
      onClose={onClose}
    >
      {() => (
        <>
          <Field label={words.file} hint={words.fileHint}>
            {(parts) => (
              <input
                {...parts}
                type="file"
                accept=".txt,.csv,.tsv,text/plain,text/csv"
                onChange={(event) => setFile(event.target.files?.[0])}
              />
            )}
          </Field>
          {isCsv && (
            <TextField
              label={`${words.column} (${common.optional})`}
              value={column}
              onChange={(event) => setColumn(event.target.value)}
            />
          )}
          <fieldset>
            <legend>{words.mode}</legend>
            {(Object.entries(words.modes) as [Mode, string][]).map(([each, text]) => (
              <Radio
                key={each}
                name="mode"
                label={text}
                checked={mode === each}
                onChange={() => setMode(each)}
              />
            ))}
          </fieldset>
          {progress !== undefined && (
            <div className={css['progress']} role="status">
              <progress value={progress} aria-label={words.upload} />
              {progress < 1 ? words.sent(percent(Math.floor(progress * 100) / 100)) : words.reading}
            </div>
          )}
        </>
      )}
    </ChangeDialog>
  )
}
