import { useId, useLayoutEffect, useRef, type ReactNode } from 'react';
import { Button } from './Button';
import styles from './Dialog.module.css';

/** Above the page; Escape, the cross and a press beside it close it. Mounted while it is open. */
export function Dialog({ title, onClose, children }: { title: string; onClose: () => void; children: ReactNode }) {
    const dialog = useRef<HTMLDialogElement>(null);
    const id = useId();
    // In the layout effect the dialog still stands in the page: closed there, it gives the focus back to what had it before.
    useLayoutEffect(() => {
        const element = dialog.current;
        element?.showModal();
        return () => element?.close();
    }, []);
    return (
        // The press beside a dialog meets the dialog itself; what stands in it is met first.
        <dialog
            ref={dialog}
            className={styles.dialog}
            aria-labelledby={id}
            // Escape closes by the state alone: the browser would give the focus back before the state says that it is closed.
            onCancel={(event) => {
                if (event.target === dialog.current) {
                    event.preventDefault();
                    onClose();
                }
            }}
            // Told later: one that has left the page meanwhile has no say, and in development the first of two mounts neither.
            onClose={() => dialog.current?.open === false && onClose()}
            onClick={(event) => event.target === dialog.current && onClose()}
        >
            <div className={styles.content}>
                <header>
                    <h2 id={id}>{title}</h2>
                    <Button kind="quiet" onClick={onClose} aria-label="Close">
                        ✕
                    </Button>
                </header>
                {children}
            </div>
        </dialog>
    );
}
