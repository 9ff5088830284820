// One segment: its rules, its list, its uploaded members, where it is used, and whether somebody is in it.
import { useQuery } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { Upload } from 'lucide-react'
import { type FormEvent, useState } from 'react'
import type { Segment } from '../../../core/model/segment.ts'
import type { SegmentMembership } from '../../../workers/control/api/shapes.ts'
import { ask, askText, pathOf } from '../api/client.ts'
import { useEnvironmentId, useMay } from '../api/place.ts'
import { clauseText } from '../flags/text.ts'
import { audience } from '../messages/audience.ts'
import { common } from '../messages/common.ts'
import { targeting } from '../messages/targeting.ts'
import { Button } from '../ui/button.tsx'
import { TextField } from '../ui/fields.tsx'
import { Chip } from '../ui/marks.tsx'
import { Note, Section } from '../ui/page.tsx'
import { saveFile } from '../ui/save-file.ts'
import { Loaded, Refusal } from '../ui/states.tsx'
import css from './audience.module.css'
import { UsedBy } from './dependents.tsx'
import { EntityPage } from './entity-page.tsx'
import { SegmentForm } from './segment-form.tsx'
import { UploadMembers } from './upload-members.tsx'

const { segments: words } = audience
/** The form shows them all. */
const listedMax = 200

export default function SegmentPage() {
  const environment = useEnvironmentId()
  const { segment: key = '' } = useParams({ strict: false }) as { segment?: string }
  const query = useQuery({
    queryKey: [environment, 'segments', key],
    queryFn: () => ask<Segment>('GET', pathOf(environment, 'segments', key)),
  })
  return <Loaded query={query}>{(segment) => <Shown segment={segment} />}</Loaded>
}

function Shown({ segment }: { segment: Segment }) {
  const environment = useEnvironmentId()
  const canEdit = useMay('editor')
  const [isUploading, setIsUploading] = useState(false)
  const { key, name, description, anyOf, included, members } = segment
  return (
    <EntityPage
      plural="segments"
      entity={segment}
      words={words}
      lead={
        <>
          {name && <code>{key}</code>} {description}
        </>
      }
      form={(close) => <SegmentForm segment={segment} onClose={close} />}
    >
      <section>
        <Section title={words.rules} {...(anyOf.length > 0 && { hint: words.rulesHint })} />
        {anyOf.length === 0 ? (
          <p className={css['quiet']}>{words.noRules}</p>
        ) : (
          <ul className={css['groups']}>
            {anyOf.map((group) => (
              <li key={JSON.stringify(group)}>{group.map(clauseText).join(` ${targeting.and} `)}</li>
            ))}
          </ul>
        )}
      </section>
      <section>
        <Section title={words.listed} />
        {included.length === 0 ? (
          <p className={css['quiet']}>{words.nobodyListed}</p>
        ) : (
          <p className={css['listed']}>
            {included.slice(0, listedMax).map((id) => (
              <Chip key={id}>{id}</Chip>
            ))}
            {included.length > listedMax && words.more(included.length - listedMax)}
          </p>
        )}
      </section>
      <section>
        <Section title={words.members} hint={words.membersHint}>
          <span className={css['row']}>
            {members && (
              <Button small onClick={() => void download(environment, key)}>
                {words.download}
              </Button>
            )}
            <Button
              small
              disabled={!canEdit}
              {...(!canEdit && { title: common.needsRole(common.roleEditor) })}
              onClick={() => setIsUploading(true)}
            >
              <Upload size={13} aria-hidden />
              {words.upload}
            </Button>
          </span>
        </Section>
        <p className={members ? undefined : css['quiet']}>
          {members ? words.count(members.count) : words.noMembers}
        </p>
      </section>
      <Membership segmentKey={key} />
      <UsedBy plural="segments" id={key} />
      {isUploading && <UploadMembers segment={segment} onClose={() => setIsUploading(false)} />}
    </EntityPage>
  )
}

async function download(environment: string, key: string): Promise<void> {
  const text = await askText('GET', pathOf(environment, 'segments', key, 'members'))
  saveFile(`${key}.txt`, new Blob([text], { type: 'text/plain' }))
}

interface Found {
  readonly id: string
  readonly answer?: SegmentMembership
  readonly error?: unknown
}

function Membership({ segmentKey }: { segmentKey: string }) {
  const environment = useEnvironmentId()
  const [typed, setTyped] = useState('')
  const [found, setFound] = useState<Found>()
  const look = async (event: FormEvent) => {
    event.preventDefault()
    const id = typed.trim()
    const path = pathOf(environment, 'segments', segmentKey, 'membership')
    try {
      setFound({ id, answer: await ask<SegmentMembership>('GET', path, { query: { id } }) })
    } catch (error) {
      setFound({ id, error })
    }
  }
  return (
    <section>
      <Section title={words.test} />
      <form className={css['test']} onSubmit={(event) => void look(event)}>
        <TextField
          label={words.testId}
          mono
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
        />
        <Button type="submit" disabled={typed.trim() === ''}>
          {words.testRun}
        </Button>
      </form>
      <p className={css['quiet']}>{words.testHint}</p>
      <div role="status">{found?.answer && <MembershipNote id={found.id} answer={found.answer} />}</div>
      {found?.error !== undefined && <Refusal error={found.error} />}
    </section>
  )
}

const MembershipNote = ({ id, answer }: { id: string; answer: SegmentMembership }) => (
  <Note tone={answer.included || answer.uploaded ? 'healthy' : 'info'}>
    {answer.included ? words.isIncluded(id) : answer.uploaded ? words.isUploaded(id) : words.isNeither(id)}
  </Note>
)
