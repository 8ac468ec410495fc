import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useLocation } from 'wouter';
import { api, ok, type Schemas } from '../../api/client';
import { useMarketEvents } from '../../api/events';
import { hasEnded, job as jobQuery } from '../../api/queries';
import { count } from '../../text/numbers';
import { spanText } from '../../text/time';
import { StateBadge } from '../../ui/Badge';
import { Button } from '../../ui/Button';
import { Facts, Grid, PageHead, Panel } from '../../ui/Panel';
import { Loaded } from '../../ui/States';
import { Untrusted } from '../../ui/Text';
import { toast } from '../../ui/Toasts';
import { Ago, Amount, Id } from '../../ui/Values';
import { Content } from './Content';
import { Explain } from './Explain';
import { NoReceipt, Receipt } from './Receipt';
import { Replay } from './Replay';
import { Timeline } from './Timeline';
import styles from './Job.module.css';

export default function JobPage({ params }: { params: Record<string, string | undefined> }) {
    const id = params.id ?? '';
    const query = useQuery(jobQuery(id));
    return <Loaded query={query}>{(job) => <Shown key={job.id} job={job} />}</Loaded>;
}

function Shown({ job }: { job: Schemas['Job'] }) {
    const queries = useQueryClient();
    const ended = hasEnded(job.state);
    const refresh = () => queries.invalidateQueries({ queryKey: ['job', job.id] });
    return (
        <>
            {!ended && <Watch job={job.id} onChange={() => void refresh()} />}
            <PageHead
                title={
                    <span className={styles.title}>
                        Job <Id value={job.id} length={16} /> <StateBadge state={job.state} />
                    </span>
                }
                about={job.reason === undefined ? undefined : <Untrusted text={job.reason} max={1000} />}
                actions={<Actions job={job} onChange={() => void refresh()} />}
            />
            <Grid wide>
                <Panel title="Facts">
                    <Facts facts={factsOf(job)} />
                </Panel>
                <Timeline job={job} />
            </Grid>
            {job.state === 'completed' && (
                <Content title="Output" path={`/v1/jobs/${job.id}/output`} name={`${job.id.slice(0, 16)}.output`} />
            )}
            <Grid wide>
                <Content title="Input" path={`/v1/jobs/${job.id}/input`} name={`${job.id.slice(0, 16)}.input`} />
                <Content
                    title="Log"
                    path={`/v1/jobs/${job.id}/log`}
                    name={`${job.id.slice(0, 16)}.log`}
                    live={!ended}
                />
            </Grid>
            <Explain job={job} />
            {ended ? <Receipt job={job} /> : <NoReceipt />}
            {ended && <Replay job={job} />}
        </>
    );
}

/** Asks for the job when the market says something of it, so that a stage is there when it comes. */
function Watch({ job, onChange }: { job: string; onChange: () => void }) {
    useMarketEvents({ job }, onChange);
    return null;
}

function Actions({ job, onChange }: { job: Schemas['Job']; onChange: () => void }) {
    const [, go] = useLocation();
    const cancel = useMutation({
        mutationFn: () => ok(api.POST('/v1/jobs/{job}/cancel', { params: { path: { job: job.id } } })),
        onSuccess: () => {
            toast('The job is cancelled.');
            onChange();
        },
        onError: (error) => toast(error.message, 'bad'),
    });
    return hasEnded(job.state) ? (
        <Button onClick={() => go(`/jobs/new?again=${job.id}`)}>Run again</Button>
    ) : (
        <Button kind="danger" busy={cancel.isPending} onClick={() => cancel.mutate()}>
            Cancel
        </Button>
    );
}

const factsOf = (job: Schemas['Job']): [string, React.ReactNode][] => [
    ['Program', <Id key="" value={job.program} href={`/programs/${job.program}`} />],
    ['Submitted', <Ago key="" at={job.submittedAt} />],
    ['Took', job.endedAt === undefined ? null : spanText(Date.parse(job.endedAt) - Date.parse(job.submittedAt))],
    ['Worker', job.worker === undefined ? null : <Id key="" value={job.worker} href={`/workers/${job.worker}`} />],
    ['Fuel', `${count(job.fuelUsed)} of at most ${count(job.fuelMax)}`],
    ['Charge', <Amount key="" units={job.charge} />],
    ['Price limit', <Amount key="" units={job.priceMax} />],
    ['Assurance', job.assurance ?? 'none'],
    ['Fault', job.fault === 'none' ? null : job.fault.replace('_', ' ')],
    ['Exit code', job.exitCode ?? null],
    [
        'Answered by',
        job.reusedJob === undefined ? null : <Id key="" value={job.reusedJob} href={`/jobs/${job.reusedJob}`} />,
    ],
    ['State before', job.stateRootBefore === undefined ? null : <Id key="" value={job.stateRootBefore} />],
    ['State after', job.stateRootAfter === undefined ? null : <Id key="" value={job.stateRootAfter} />],
    ['Request id', <Untrusted key="" text={job.requestId} />],
];
