// The frame around the parts of one flag.
import { useQuery } from '@tanstack/react-query'
import { Link, Outlet } from '@tanstack/react-router'
import { ChevronLeft, Copy } from 'lucide-react'
import { Suspense } from 'react'
import type { Flag } from '../../../core/model/flag.ts'
import { useEnvironmentId, useMay } from '../api/place.ts'
import { flagQuery } from '../api/queries.ts'
import { common } from '../messages/common.ts'
import { flag as words } from '../messages/flag.ts'
import { flags as listWords } from '../messages/flags.ts'
import { Button, Switch } from '../ui/button.tsx'
import { Tag } from '../ui/marks.tsx'
import { Loaded, Loading } from '../ui/states.tsx'
import { toast } from '../ui/toasts.tsx'
import css from './detail.module.css'
import { useFlagSwitch } from './switch-flag.tsx'
import { flagTabs } from './tabs.ts'
import { useFlagKey } from './use-flag.ts'

export default function FlagDetail() {
  const environment = useEnvironmentId()
  const key = useFlagKey()
  const query = useQuery(flagQuery(environment, key))
  return (
    <Loaded query={query}>
      {(flag) => (
        <div className={css['page']}>
          <Head flag={flag} />
          <div className={css['body']}>
            <Suspense fallback={<Loading />}>
              <Outlet key={key} />
            </Suspense>
          </div>
        </div>
      )}
    </Loaded>
  )
}

function Head({ flag }: { flag: Flag }) {
  const environment = useEnvironmentId()
  const canEdit = useMay('editor')
  const { flip, dialog } = useFlagSwitch()
  const { key, name, enabled, archived, description } = flag
  const params = { environment, flag: key }
  const copy = () => {
    void navigator.clipboard.writeText(key)
    toast({ text: common.copied, detail: key })
  }
  return (
    <header className={css['head']}>
      <Link className={css['back']} to="/environments/$environment/flags" params={{ environment }}>
        <ChevronLeft size={13} aria-hidden />
        {words.back}
      </Link>
      <div className={css['title']}>
        <h1>{name || key}</h1>
        <code>
          {key}
          <Button look="ghost" icon small aria-label={words.copyKey} onClick={copy}>
            <Copy size={12} />
          </Button>
        </code>
        {archived && <Tag>{words.archived}</Tag>}
        <span className={css['state']}>
          <Switch
            on={enabled}
            label={listWords.isOn(name || key)}
            disabled={!canEdit || archived}
            onChange={() => flip(flag)}
          />
          {enabled ? words.on : words.off}
        </span>
      </div>
      {description && <p className={css['lead']}>{description}</p>}
      <nav className={css['tabs']} aria-label={words.parts}>
        {flagTabs.map(({ path, text }) => (
          <Link
            key={path}
            to={`/environments/$environment/flags/$flag/${path}` as '/environments/$environment/flags/$flag'}
            params={params}
            activeOptions={{ exact: path === '' }}
          >
            {text}
          </Link>
        ))}
      </nav>
      {dialog}
    </header>
  )
}
