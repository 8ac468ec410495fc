import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { api, ok, type Schemas } from '../../api/client';
import { books } from '../../api/queries';
import { Badge, type Tone } from '../../ui/Badge';
import { Button } from '../../ui/Button';
import { Panel, Stat, Stats } from '../../ui/Panel';
import { Loaded } from '../../ui/States';
import { Untrusted } from '../../ui/Text';
import { toast } from '../../ui/Toasts';
import { Ago, Amount } from '../../ui/Values';
import styles from './Overview.module.css';

const tones: Record<string, Tone> = { sound: 'good', broken: 'bad', failed: 'bad', unchecked: 'quiet' };

/** All money of the market, and that none came from nowhere or went there. */
export function Books() {
    const query = useQuery(books);
    const queries = useQueryClient();
    const check = useMutation({
        mutationFn: () => ok(api.POST('/v1/books')),
        onSuccess: () => {
            toast('A check of the books was asked for.');
            return queries.invalidateQueries({ queryKey: books.queryKey });
        },
        onError: (error) => toast(error.message, 'bad'),
    });
    return (
        <Panel
            title="Books"
            actions={
                <Button onClick={() => check.mutate()} busy={check.isPending || query.data?.checking === true}>
                    Check now
                </Button>
            }
        >
            <Loaded query={query}>{(data) => <Sheet books={data} />}</Loaded>
        </Panel>
    );
}

function Sheet({
    books: { state, checkedAt, accounts, sums, violations, reason },
}: {
    books: Schemas['CheckedBooks'];
}) {
    return (
        <div className={styles.books}>
            <p>
                <Badge tone={tones[state] ?? 'quiet'}>{state}</Badge>{' '}
                {checkedAt !== undefined && (
                    <>
                        {accounts ?? 0} accounts, checked <Ago at={checkedAt} />.
                    </>
                )}{' '}
                {reason !== undefined && <Untrusted text={reason} max={400} />}
            </p>
            {sums !== undefined && (
                <>
                    <Stats>
                        <Stat label="Available">
                            <Amount units={sums.available} />
                        </Stat>
                        <Stat label="Held" hint="for open jobs and stakes">
                            <Amount units={sums.held} />
                        </Stat>
                        <Stat label="Under way" hint="charged, not yet arrived">
                            <Amount units={sums.underWay} />
                        </Stat>
                        <Stat label="Settled" hint="earned, to be claimed on the chain">
                            <Amount units={sums.claimable ?? '0'} />
                        </Stat>
                        <Stat label="Withdrawn">
                            <Amount units={sums.withdrawn} />
                        </Stat>
                    </Stats>
                    <Conservation sums={sums} />
                </>
            )}
            {violations !== undefined && violations.length > 0 && (
                <ul>
                    {violations.map((violation) => (
                        <li key={violation}>
                            <Untrusted text={violation} max={400} />
                        </li>
                    ))}
                </ul>
            )}
        </div>
    );
}

/** The sum is made here again, from what the silo says: credited and debt are all that is somewhere. */
function Conservation({ sums }: { sums: Schemas['MoneySums'] }) {
    const into = BigInt(sums.credited) + BigInt(sums.debt);
    const somewhere = [sums.available, sums.held, sums.underWay, sums.withdrawn, sums.claimable ?? '0'].reduce(
        (sum, part) => sum + BigInt(part),
        0n,
    );
    return (
        <p className={styles.sum}>
            <span>
                Came in: <Amount units={`${into}`} />
            </span>
            <span>
                Is somewhere: <Amount units={`${somewhere}`} />
            </span>
            <Badge tone={into === somewhere ? 'good' : 'bad'}>
                {into === somewhere ? 'conserved to the unit' : `differs by ${into - somewhere} units`}
            </Badge>
        </p>
    );
}
