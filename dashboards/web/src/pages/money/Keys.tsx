import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api, ok, type Schemas } from '../../api/client';
import { key, setKey } from '../../api/session';
import { Badge } from '../../ui/Badge';
import { Button } from '../../ui/Button';
import { Dialog } from '../../ui/Dialog';
import { Panel } from '../../ui/Panel';
import { ErrorBox, Loaded } from '../../ui/States';
import { Table, type Column } from '../../ui/Table';
import { Untrusted } from '../../ui/Text';
import { toast } from '../../ui/Toasts';
import { Ago, Amount, Id } from '../../ui/Values';
import { KeyDialog } from './KeyDialog';
import styles from './Money.module.css';

type AccessKey = Schemas['AccessKey'];

const keysQuery = ['keys'];
const ownId = () => key()?.split('_')[0] ?? null;

/** The account's API keys: who holds one acts for the account, within its scopes and its spend limit. */
export function Keys() {
    const query = useQuery({ queryKey: keysQuery, queryFn: () => ok(api.GET('/v1/keys')) });
    const [makes, setMakes] = useState(false);
    const [ends, setEnds] = useState<AccessKey | null>(null);
    const columns: Column<AccessKey>[] = [
        {
            title: 'Key',
            cell: ({ id, name }) => (
                <span className={styles.row}>
                    <Untrusted text={name} max={32} />
                    {id === ownId() && <Badge tone="live">this tab</Badge>}
                </span>
            ),
        },
        {
            title: 'Good',
            cell: (one) =>
                one.revokedAt === undefined ? (
                    <Button kind="danger" onClick={() => setEnds(one)}>
                        Revoke
                    </Button>
                ) : (
                    <Badge tone="quiet">revoked</Badge>
                ),
        },
        { title: 'Id', cell: ({ id }) => <Id value={id} length={18} />, wide: true },
        { title: 'May', cell: ({ scopes }) => scopes.join(', '), wide: true },
        {
            title: 'Spent',
            cell: ({ spent, spendLimit }) => (
                <>
                    <Amount units={spent} />
                    {spendLimit !== undefined && (
                        <>
                            {' of '}
                            <Amount units={spendLimit} />
                        </>
                    )}
                </>
            ),
            end: true,
            wide: true,
        },
        { title: 'Created', cell: ({ createdAt }) => <Ago at={createdAt} />, wide: true },
    ];
    return (
        <Panel title="API keys" flush actions={<Button onClick={() => setMakes(true)}>Create a key</Button>}>
            <Loaded query={query}>
                {({ items }) => (
                    <Table
                        label="Keys of the account"
                        columns={columns}
                        rows={items.toSorted((left, right) => goodFirst(left) - goodFirst(right))}
                        rowKey={({ id }) => id}
                    />
                )}
            </Loaded>
            {makes && <KeyDialog onClose={() => setMakes(false)} />}
            {ends !== null && <Revoke one={ends} onClose={() => setEnds(null)} />}
        </Panel>
    );
}

const goodFirst = ({ revokedAt }: AccessKey) => (revokedAt === undefined ? 0 : 1);

function Revoke({ one, onClose }: { one: AccessKey; onClose: () => void }) {
    const queries = useQueryClient();
    const isOwn = one.id === ownId();
    const revoke = useMutation({
        mutationFn: () => ok(api.DELETE('/v1/keys/{key}', { params: { path: { key: one.id } } })),
        onSuccess: () => {
            toast('The key is revoked.');
            onClose();
            if (isOwn) {
                setKey(null);
            }
            return queries.invalidateQueries({ queryKey: keysQuery });
        },
    });
    return (
        <Dialog title="Revoke a key" onClose={onClose}>
            <p>
                The key <Untrusted text={one.name} max={128} /> (<code>{one.id}</code>) is refused from then on, for
                ever. Jobs that it has submitted go on.
            </p>
            {isOwn && (
                <p>
                    <Badge tone="bad">your own key</Badge> This tab is signed in with it: revoking it signs you out, and
                    you need another key to come back.
                </p>
            )}
            {revoke.isError && <ErrorBox error={revoke.error} />}
            <div className={styles.row}>
                <Button kind="danger" busy={revoke.isPending} onClick={() => revoke.mutate()}>
                    {isOwn ? 'Revoke it and sign out' : 'Revoke it'}
                </Button>
                <Button onClick={onClose}>Cancel</Button>
            </div>
        </Dialog>
    );
}
