import { useQuery } from '@tanstack/react-query';
import { info } from '../../api/queries';
import { verdictOf, type DisputeFile, type Evidence } from '../../verify/dispute';
import { Badge } from '../../ui/Badge';
import { Grid, Panel } from '../../ui/Panel';
import { ErrorBox } from '../../ui/States';
import styles from './Dispute.module.css';

/** What of the dispute this browser has checked, and what only the market says. */
export function Checks({ file, evidence }: { file: DisputeFile; evidence: Evidence[] }) {
    const { votes, verdict, state } = file.dispute;
    const market = useQuery(info).data?.market;
    const shown = evidence.flatMap((one) => one.votes);
    const unsigned = shown.filter(({ isSigned }) => !isSigned).length;
    const lost = votes.length - shown.length;
    const isVerdict = verdictOf(file, evidence) === verdict;
    return (
        <>
            {(unsigned > 0 || lost > 0) && (
                <ErrorBox
                    error={
                        new Error(
                            `This file is no evidence: ${unsigned} ${unsigned === 1 ? 'signature does' : 'signatures do'} not hold, and ${lost} votes are for results that it does not have.`,
                        )
                    }
                />
            )}
            <Grid wide>
                <Panel title="Checked in this browser">
                    <ul className={styles.checks}>
                        <Check holds={unsigned === 0 && lost === 0}>
                            {unsigned === 0 && lost === 0
                                ? `All ${votes.length} signatures of workers hold, each for the result under which it stands, of this job.`
                                : `${shown.length - unsigned} of ${votes.length} signatures of workers hold.`}
                        </Check>
                        {market !== undefined && (
                            <Check holds={market === file.domain.market}>
                                {market === file.domain.market
                                    ? 'They are for this market.'
                                    : 'They are for another market than this silo’s.'}
                            </Check>
                        )}
                        {state !== 'kept' && (
                            <Check holds={isVerdict}>
                                {isVerdict
                                    ? 'The verdict is what the signed votes of the jurors give.'
                                    : 'The verdict is not what the signed votes of the jurors give.'}
                            </Check>
                        )}
                    </ul>
                </Panel>
                <Panel title="The market’s word">
                    <p className={styles.quiet}>
                        Who was drawn for the jury and that no vote is missing, how much was at stake, lost and paid to
                        whom, and when. The market signs the file: <code>market dispute verify</code> checks that
                        signature and the sums, without the market. Run the job again to see which result is right.
                    </p>
                </Panel>
            </Grid>
        </>
    );
}

const Check = ({ holds, children }: { holds: boolean; children: string }) => (
    <li className={styles.row}>
        <Badge tone={holds ? 'good' : 'bad'}>{holds ? 'holds' : 'broken'}</Badge>
        <span>{children}</span>
    </li>
);
