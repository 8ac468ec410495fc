import type { ReactNode } from 'react';
import styles from './Ask.module.css';
import { Button } from './Button';
import { Dialog } from './Dialog';
import { Form } from './Field';
import { ErrorBox } from './States';

interface Props {
    title: string;
    /** What happens, and what is asked for it. */
    children: ReactNode;
    action: string;
    kind?: 'main' | 'danger';
    busy: boolean;
    error: Error | null;
    disabled?: boolean;
    onAct: () => void;
    onClose: () => void;
}

/** Asks before something that costs or ends: it says what happens, and shows why it was refused. */
export function Ask({ title, children, action, kind = 'main', busy, error, disabled, onAct, onClose }: Props) {
    return (
        <Dialog title={title} onClose={onClose}>
            <Form onSubmit={onAct}>
                {children}
                {error !== null && <ErrorBox error={error} />}
                <div className={styles.actions}>
                    <Button onClick={onClose}>Leave it</Button>
                    <Button type="submit" kind={kind} busy={busy} disabled={disabled}>
                        {action}
                    </Button>
                </div>
            </Form>
        </Dialog>
    );
}
