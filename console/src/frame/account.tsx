// Who is signed in, the language, and the way out. Base UI's menu: roving focus, typeahead, placement.
import { Menu } from '@base-ui/react/menu'
import { useQuery } from '@tanstack/react-query'
import { Check, LogOut } from 'lucide-react'
import { callerQuery } from '../api/queries.ts'
import { chooseLanguage, language, type Language, languages } from '../messages/catalogue.ts'
import { frame } from '../messages/frame.ts'
import { endSession } from '../session.ts'
import menu from '../ui/menu.module.css'
import css from './frame.module.css'

export default function Account() {
  const { data } = useQuery(callerQuery())
  const name = data?.actor.name ?? ''
  const initials = name.slice(0, 2).toUpperCase()
  return (
    <Menu.Root>
      <Menu.Trigger
        className={css['avatar']}
        aria-label={`${initials}: ${frame.signedInAs(name)}`}
        title={frame.signedInAs(name)}
      >
        {initials}
      </Menu.Trigger>
      <Menu.Portal>
        <Menu.Positioner sideOffset={6} align="end" className={menu['positioner']}>
          <Menu.Popup className={menu['popup']}>
            <p className={menu['popup-title']}>{frame.signedInAs(name)}</p>
            <div className={menu['rule']} />
            <p className={menu['popup-title']}>{frame.language}</p>
            {(Object.entries(languages) as [Language, string][]).map(([id, text]) => (
              <Menu.Item key={id} className={menu['item']} lang={id} onClick={() => chooseLanguage(id)}>
                {text}
                {id === language && <Check size={14} aria-label={frame.current} />}
              </Menu.Item>
            ))}
            <div className={menu['rule']} />
            <Menu.Item className={menu['item']} onClick={endSession}>
              <LogOut size={14} aria-hidden />
              {frame.signOut}
            </Menu.Item>
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  )
}
