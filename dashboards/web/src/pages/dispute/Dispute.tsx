import { useQuery } from '@tanstack/react-query';
import { bytes } from '../../api/client';
import { evidenceOf, parseDispute, type DisputeFile } from '../../verify/dispute';
import { Button } from '../../ui/Button';
import { Facts, Grid, PageHead, Panel } from '../../ui/Panel';
import { Loaded } from '../../ui/States';
import { Untrusted, UntrustedBlock } from '../../ui/Text';
import { Ago, Amount, Id } from '../../ui/Values';
import { DisputeState } from '../disputes/columns';
import { saveAs } from '../job/save';
import { about, atOf, differing } from './about';
import { Checks } from './Checks';
import { Lost } from './Lost';
import { Result } from './Result';
import { Jury, Waiting } from './Votes';
import styles from './Dispute.module.css';

const zero = /^0+$/;

export default function DisputePage({ params }: { params: Record<string, string | undefined> }) {
    const job = params.job ?? '';
    const query = useQuery({
        queryKey: ['dispute', job],
        queryFn: async () => {
            const raw = (await bytes(`/v1/disputes/${job}`)).bytes;
            const file = parseDispute(raw);
            if (file.dispute.invocation.job !== job) {
                throw new Error('The silo gave the dispute of another job.');
            }
            return { raw, file, evidence: evidenceOf(file) };
        },
        refetchInterval: ({ state: { data } }) =>
            data?.file.dispute.state === 'open' || data?.file.dispute.state === 'decided' ? 5000 : false,
    });
    return <Loaded query={query}>{(found) => <Shown job={job} {...found} />}</Loaded>;
}

interface Props {
    job: string;
    raw: Uint8Array<ArrayBuffer>;
    file: DisputeFile;
    evidence: ReturnType<typeof evidenceOf>;
}

function Shown({ job, raw, file, evidence }: Props) {
    const { dispute } = file;
    const differs = differing(evidence.map(({ result }) => result));
    return (
        <>
            <PageHead
                title={
                    <span className={styles.title}>
                        Dispute of job <Id value={job} length={16} /> <DisputeState state={dispute.state} />
                    </span>
                }
                about={about(dispute.state)}
                actions={
                    <Button onClick={() => saveAs(new Blob([raw]), `${job.slice(0, 16)}.dispute.json`)}>
                        Save the file
                    </Button>
                }
            />
            <Grid wide>
                <Panel title="Facts">
                    <Facts facts={factsOf(dispute)} />
                </Panel>
                <Jury dispute={dispute} />
            </Grid>
            {dispute.state === 'open' ? (
                <Waiting votes={dispute.votes} />
            ) : (
                <section className={styles.evidence} aria-label="Evidence">
                    <Checks file={file} evidence={evidence} />
                    <p className={styles.quiet}>What each worker signed, side by side. What differs is marked.</p>
                    <div className={styles.sides}>
                        {evidence.map((one, index) => (
                            <Result
                                key={one.execution}
                                number={index + 1}
                                evidence={one}
                                differs={differs}
                                hasVerdict={!zero.test(dispute.verdict)}
                            />
                        ))}
                    </div>
                </section>
            )}
            <Lost dispute={dispute} />
            <Panel title="The file">
                <UntrustedBlock text={new TextDecoder().decode(raw)} label="The file as it is" />
            </Panel>
        </>
    );
}

const factsOf = (dispute: DisputeFile['dispute']): [string, React.ReactNode][] => [
    ['Job', <Id key="" value={dispute.invocation.job} href={`/jobs/${dispute.invocation.job}`} />],
    ['Program', <Id key="" value={dispute.invocation.program} href={`/programs/${dispute.invocation.program}`} />],
    ['Payer', <Id key="" value={dispute.payer} />],
    ['Assurance', <Untrusted key="" text={dispute.assurance} />],
    ['Price limit', <Amount key="" units={dispute.priceLimit} />],
    ['Opened', <Ago key="" at={atOf(dispute.openedAt)} />],
    ['Decided', dispute.decidedAt === '0' ? null : <Ago key="" at={atOf(dispute.decidedAt)} />],
    [
        'The job ended by',
        zero.test(dispute.accepted) ? 'no result' : <Id key="" value={dispute.accepted} length={12} />,
    ],
    ['Why', dispute.reason === '' ? null : <Untrusted key="" text={dispute.reason} max={400} />],
];
