import { useLayoutEffect, useRef, useState } from 'react';
import { useLocation } from 'wouter';
import { pages } from './pages';
import styles from './Palette.module.css';

interface Item {
    title: string;
    path: string;
}

const isId = (text: string) => /^[0-9a-f]{64}$/.test(text);

/** Pages by their names, and what an id may stand for. */
function found(text: string): Item[] {
    const typed = text.trim().toLowerCase();
    const named = pages.flatMap(({ title, path }) =>
        title?.toLowerCase().includes(typed) === true ? [{ title, path }] : [],
    );
    return isId(typed)
        ? [
              { title: 'Job with this id', path: `/jobs/${typed}` },
              { title: 'Program with this id', path: `/programs/${typed}` },
              { title: 'Worker with this id', path: `/workers/${typed}` },
          ]
        : named;
}

/** The command palette: type, choose with the arrows, Enter goes there. */
export function Palette({ onClose }: { onClose: () => void }) {
    const [text, setText] = useState('');
    const [chosen, setChosen] = useState(0);
    const [, go] = useLocation();
    const dialog = useRef<HTMLDialogElement>(null);
    const items = found(text);
    const index = Math.min(chosen, Math.max(0, items.length - 1));

    // As in ui/Dialog: closed while it still stands in the page, it gives the focus back.
    useLayoutEffect(() => {
        const element = dialog.current;
        element?.showModal();
        return () => element?.close();
    }, []);

    const open = (item: Item | undefined) => {
        if (item !== undefined) {
            onClose();
            go(item.path);
        }
    };

    return (
        <dialog
            ref={dialog}
            className={styles.palette}
            aria-label="Search"
            onCancel={(event) => {
                event.preventDefault();
                onClose();
            }}
            onClose={() => dialog.current?.open === false && onClose()}
            onClick={(event) => event.target === dialog.current && onClose()}
        >
            <input
                value={text}
                onChange={(event) => {
                    setText(event.target.value);
                    setChosen(0);
                }}
                onKeyDown={(event) => {
                    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
                        event.preventDefault();
                        setChosen(
                            (index + (event.key === 'ArrowDown' ? 1 : items.length - 1)) % Math.max(1, items.length),
                        );
                    } else if (event.key === 'Enter') {
                        // Else it would press what gets the focus back.
                        event.preventDefault();
                        open(items[index]);
                    }
                }}
                placeholder="A page, or the id of a job, program or worker"
                role="combobox"
                aria-expanded="true"
                aria-controls="found"
                aria-activedescendant={items.length > 0 ? `found-${index}` : undefined}
                aria-label="A page, or the id of a job, program or worker"
            />
            <ul id="found" role="listbox" aria-label="Found">
                {items.map((item, number) => (
                    <li
                        key={item.path}
                        id={`found-${number}`}
                        role="option"
                        aria-selected={number === index}
                        onClick={() => open(item)}
                        onMouseMove={() => setChosen(number)}
                    >
                        {item.title}
                    </li>
                ))}
            </ul>
            {items.length === 0 && <p>Nothing has this name.</p>}
        </dialog>
    );
}
