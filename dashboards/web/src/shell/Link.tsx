import { useMutation, useQuery } from '@tanstack/react-query';
import { useSyncExternalStore } from 'react';
import { account } from '../api/queries';
import { acceptLink, isByLink, setKey, subscribe } from '../api/session';
import { signInByTicket } from '../api/signIn';
import { Button } from '../ui/Button';
import { Dialog } from '../ui/Dialog';
import { ErrorBox } from '../ui/States';
import { Id } from '../ui/Values';
import styles from './Link.module.css';

/** Anybody with an account can make a link to it: one that comes to an open page does not sign it in unasked. */
export function LinkDialog({ ticket, onClose }: { ticket: string; onClose: () => void }) {
    const use = useMutation({
        mutationFn: async () => {
            const failure = await signInByTicket(ticket);
            if (failure !== null) {
                throw new Error(failure);
            }
        },
        onSuccess: onClose,
    });
    return (
        <Dialog title="Sign in by a link" onClose={onClose}>
            <p>
                The link that led here signs this tab in with the key of the person who made it. Jobs that you run then
                and money that you deposit are of that person’s account. Go on only where you made the link yourself.
            </p>
            {use.isError && <ErrorBox error={use.error} />}
            <div className={styles.row}>
                <Button kind="main" busy={use.isPending} onClick={() => use.mutate()}>
                    Sign in by the link
                </Button>
                <Button onClick={onClose}>Stay as it is</Button>
            </div>
        </Dialog>
    );
}

/** Says to which account a link has signed this tab in, until its reader knows it. */
export function ByLink() {
    const isShown = useSyncExternalStore(subscribe, isByLink);
    const { data } = useQuery(account);
    return (
        isShown && (
            <aside className={styles.note} aria-label="Signed in by a link">
                <p>
                    A link has signed this tab in
                    {data !== undefined && (
                        <>
                            {' '}
                            to the account <Id value={data.id} />
                        </>
                    )}
                    . If you did not make it, sign out: what you deposit here would be another person’s.
                </p>
                <div className={styles.row}>
                    <Button onClick={acceptLink}>It is mine</Button>
                    <Button kind="quiet" onClick={() => setKey(null)}>
                        Not mine
                    </Button>
                </div>
            </aside>
        )
    );
}
