using Marketplace.GrainInterfaces;
using Marketplace.Testing;

namespace Marketplace.Grains.Tests.Bounds;

/// <summary>No number becomes a bound of the grains without a test at it and one beyond.</summary>
public sealed class BoundListTests
{
    private static readonly Type[] Policies =
    [
        .. typeof(MarketPolicy).Assembly.GetTypes().Where(type => type.Name.EndsWith("Policy", StringComparison.Ordinal)),
        typeof(MarketLimits),
    ];

    /// <summary>Numbers that refuse nothing, and bounds that no test can stand at, each with the reason.</summary>
    private static readonly Dictionary<string, string> Untested = new()
    {
        ["AccountPolicy.AuditedPairsMax"] = "The default of BookAudit, whose tests stand at one pair.",
        ["AccountPolicy.HoldAskAge"] = "When a question is asked, not what is refused; SickJobTests stand at it.",
        ["AccountPolicy.HoldFailedAskMin"] = "The same.",
        ["AccountPolicy.HoldFailedAskMax"] = "The same.",
        ["AccountPolicy.HoldOrphanAge"] = "The same; the ledger and the simulated markets run past it.",
        ["AccountPolicy.ReconcilePeriod"] = "A period.",
        ["AccountPolicy.ReconcileAfterLoad"] = "A period.",
        ["AccountPolicy.ReconcileJobsMax"] = "How many questions one round asks: the next round asks the rest.",
        ["BatchPolicy.JoinedAtOnceMax"] = "How many are told at a time: the next ones are told after them.",
        ["BatchPolicy.TellAfter"] = "A period; CertificateBatchTests pass it.",
        ["BlobPolicy.RemovedProgramAge"] = "When a question is asked; ProgramRemovalTests stand at it.",
        ["BlobPolicy.RemovedProgramsPerCall"] =
            "How many questions one call asks; RemovedProgramTurnTests see that each is asked in the end.",
        ["DisputePolicy.CheckPeriod"] = "A period; DisputeTests stand at it.",
        ["DisputePolicy.ListedRowsPart"] = "How many rows one question reads: the next one reads the rest.",
        ["DisputePolicy.ReasonCharsMax"] = "Where words are cut, not refused.",
        ["JobPolicy.ActivationBytes"] = "An estimate of memory.",
        ["JobPolicy.ResidentBytesMax"] = "What stays in memory: beyond it documents are read; QueueTests stand at a smaller one.",
        ["JobPolicy.EnqueueAgainAfter"] = "A period; RestartTests stand at it.",
        ["JobPolicy.SetUpFuelPerModuleByte"] = "A price; UnfinishedWorkTests stand on it.",
        ["JobPolicy.WithdrawAttemptsMax"] = "Attempts at what the end of the run finds anyway.",
        ["EpochPolicy.AskedWithin"] = "A period; EpochTests pass it.",
        ["EpochPolicy.KeptMax"] = "What is kept: it refuses nothing; EpochTests stand at it.",
        ["EpochPolicy.RetryAfter"] = "A period.",
        ["EpochPolicy.SharesMin"] = "What an epoch needs; EpochTests stand at it and one below.",
        ["EpochPolicy.StakesAskedMax"] = "How many are asked at a time: the next ones are asked after them.",
        ["EpochPolicy.UnbondingParts"] = "A share of a time; ChainCommitteeTests stand before and after it.",
        ["MarketLimits.PastSettlementsMax"] = "What is kept: it refuses nothing.",
        ["MarketLimits.SettlementAttemptsMax"] = "The same.",
        ["SettlementPolicy.AskPeriod"] = "A period.",
        ["SettlementPolicy.ReminderPeriod"] = "A period; ChainFaultTests end processes and run past it.",
        ["SettlementPolicy.MoreVotesWithin"] = "A period; ChainSettlementTests have members that never sign.",
        ["SettlementPolicy.CallsLastMax"] = "A period.",
        ["SettlementPolicy.BlocksAtOnceMax"] = "How many one question reads: the next one reads the rest.",
        ["SettlementPolicy.TrailMax"] = "What is remembered: beyond it the chain is followed from its beginning.",
        ["SettlementPolicy.AccountsAtOnceMax"] = "How many are asked at a time: the next ones are asked after them.",
        ["SettlementPolicy.MembersMax"] =
            "Three times the 512 that the registry on the chain lets in at a time; ChainStakeTests go far beyond it.",
        ["SettlementPolicy.CreditsKeptMax"] = "What is kept: it refuses nothing.",
        ["SettlementPolicy.KeptMax"] = "What is kept: it refuses nothing.",
        ["SettlementPolicy.PastMax"] = "What is kept: it refuses nothing.",
        ["SettlementPolicy.PartBytes"] = "How much one document has: the next one has the rest.",
        ["SettlementPolicy.AttemptsMax"] = "What is kept: it refuses nothing.",
        ["LedgerGrainPolicy.TellAgainAfter"] = "A period; LedgerKeyTests pass it.",
        ["MarketLimits.BlobCollectMax"] = "A period; BlobTests stand at its end.",
        ["MarketLimits.EpochsKeptMax"] = "What is kept: it refuses nothing; EpochTests stand at it.",
        ["MarketPolicy.LoanPause"] = "A period; ShardLoanTests run past it.",
        ["MarketPolicy.LoanTrust"] = "How long another shard's word is believed; the simulated markets lose shards and run past it.",
        ["MarketPolicy.AccountPartsOfClasses"] = "A share of what is free; JobClassTests fill the market's classes.",
        ["MarketPolicy.FreedSeatTriesMax"] = "How far one turn looks: the next poll of an offer that fits finds the others.",
        ["MarketPolicy.FiguresMax"] = "What is kept of classes without jobs: those with jobs are fewer.",
        ["MarketPolicy.FuelPerTickMax"] = "What is believed; UnfinishedWorkTests claim more.",
        ["MarketPolicy.FuelPerTickOfACore"] = "A weight; QueueTests cancel a run that counts by it.",
        ["MarketPolicy.KeptShareOfQueue"] = "A share of memory: beyond it inputs are read from disk; QueueTests run without any.",
        ["MarketPolicy.LeaseSilenceMax"] = "A period; LeaseTermTests stand at its end.",
        ["MarketPolicy.LeaseWaitMax"] = "The same.",
        ["MarketPolicy.QueueJobsMax"] = "The default of QueueBounds.JobsMax, which QueueTests stand at with 3.",
        ["MarketPolicy.QueueBytesMax"] = "The default of QueueBounds.BytesMax, likewise.",
        ["MarketPolicy.DueJobsMax"] = "How many deadlines one turn takes: the next turn takes the rest.",
        ["MarketPolicy.StandingPeriod"] = "A period; MarketReputationTests stand at it.",
        ["MarketPolicy.StandingsMax"] = "How many questions one round asks: the next round asks the rest.",
        ["MarketPolicy.OutcomesPeriod"] = "A period; MarketReputationTests stand at it.",
        ["MarketPolicy.ReadmitDelayMin"] = "A period; ReadmissionTests stand at it.",
        ["MarketPolicy.ReadmitDelayMax"] = "The longest of those periods.",
        ["MarketPolicy.RecordMax"] = "A period; UnrecordedEndTests stand at its end.",
        ["MarketPolicy.ReportGrace"] = "A part of the lease; DeadlineTests stand at its end.",
        ["MarketPolicy.SetUpMax"] = "The same.",
        ["MarketPolicy.ShareOfAJob"] = "A weight.",
        ["MarketPolicy.ShareLagMax"] = "A weight; FairQueueTests stand at it.",
        ["MarketPolicy.StartUnknownMax"] = "A period; TwinMarketTests stand at its end.",
        ["MarketPolicy.WorkerSilentMax"] = "A period; DeadlineTests stand at its end.",
        ["MarketPolicy.MaintenancePeriod"] = "A period.",
        ["MarketPolicy.StorageRetryDelay"] = "A period.",
        ["MarketPolicy.SweepPeriod"] = "A period.",
        ["MarketPolicy.BacklogPauseMin"] = "A period; ShardTests see that a job waits no longer.",
        ["MarketPolicy.BacklogPauseMax"] = "A period.",
        ["MarketPolicy.BacklogTrust"] = "A period.",
        ["MarketPolicy.StayCheckAge"] = "A period; ShardTests pass it.",
        ["MarketPolicy.ReturnedDelay"] = "A period; LostRunTests pass it.",
        ["MarketPolicy.StillMin"] = "How late a timer may be; LostRunTests come later.",
        ["MarketPolicy.ClassOpeningPeriod"] = "A period; JobClassTests stand at its end.",
        ["MarketPolicy.LossPeriod"] = "A period; LostRunTests lose all within it.",
        ["MarketPolicy.FaultsOfAJobMax"] =
            "What is kept in memory of a job that goes wrong again and again; retries and interruptions end it.",
        ["MarketPolicy.BuyersReadMax"] = "How many questions are asked at a time: the next ones follow.",
        ["MarketPolicy.RisenBuyerTriesMax"] = "How far one turn looks: the next poll of an offer that fits finds the others.",
        ["MarketPolicy.SearchedJobsMax"] = "How long a search is; FairQueueTests see that others do not wait for it.",
        ["MarketPolicy.SearchedOffersMax"] = "The same for offers.",
        ["MarketPolicy.SweepAgeMin"] = "What a sweep looks at; ClockTests and the twins run past it.",
        ["MarketPolicy.SweepOverlap"] = "The same.",
        ["MarketPolicy.WakePeriod"] = "A period.",
        ["MarketPolicy.UnsettledJobsMax"] = "What is sent again from memory: beyond it the accounts ask the jobs, as after a crash.",
        ["PanelPolicy.OpenAgainAfter"] = "A period.",
        ["PanelPolicy.OpenAgainPartsMax"] = "How long a wait becomes.",
        ["PanelPolicy.CommitteeLateMin"] = "A period; CommitteeSealTests stand at its end.",
        ["PanelPolicy.WindowMax"] = "A period; CommitteeJobTests pass it.",
        ["PanelPolicy.WindowReceiptsMax"] = "How many share a signature: the next window has the others.",
        ["PanelPolicy.WindowVotesMax"] = "That of a worker's call, at which WorkerVoteTests stand.",
        ["PanelPolicy.SharesMax"] = "The same.",
        ["PanelPolicy.WindowTriesMax"] = "How often a window is made again; CommitteeJobTests see its end.",
        ["PanelPolicy.JurorWaitMax"] = "A period.",
        ["PanelPolicy.TrialsMax"] = "Beyond it a dispute asks again: nothing is refused for good.",
        ["PanelPolicy.RoomTriesMax"] = "Beyond it lines have their turn with the next seats.",
        ["PanelPolicy.LateMin"] = "A period; PanelTests stand at its end.",
        ["PanelPolicy.LateMax"] = "The same, of a panel of slow runs.",
        ["PanelPolicy.RevealMax"] = "A period; PanelTests pass it.",
        ["PanelPolicy.RevealLateMax"] = "A period; PanelTests stand at its end.",
        ["ProgramPolicy.InspectedBytesMax"] = "What is read at a time: beyond it modules wait; ProgramTests are far below.",
        ["ProgramPolicy.OpenJobsCounted"] = "How far a refusal counts: its words say \"or more\".",
        ["ReputationPolicy.NewcomerScore"] = "Where scores begin; ReputationTests start from it.",
        ["StakePolicy.CheckPeriod"] = "A period; StakeTests pass it.",
        ["SnapshotPolicy.EventBytesMin"] = "When a snapshot is due; StorageQuotaTests and the ledger run past it.",
        ["SnapshotPolicy.PartBytesMax"] = "How a snapshot is cut.",
        ["StatePolicy.CheckpointEventBytesMin"] = "When a checkpoint is due; StateCheckpointTests run past it.",
        ["StatePolicy.CheckpointEventBytesMax"] = "The same.",
        ["StatePolicy.UnstoredBytesMax"] = "The same.",
        ["StatePolicy.ReplacedBytesMax"] = "How far old roots are kept: a gibibyte; StateRunTests prune by height, as it does.",
        ["StatePolicy.ViewsMax"] = "A cache: beyond it trees are made again.",
        ["SubmissionPolicy.EnqueueAttemptsMax"] = "Attempts at what the sweep finds anyway.",
        ["SubmissionPolicy.EpochCachedFor"] = "A period; ReuseTests stand beyond it.",
        ["SubmissionPolicy.ProgramCachedFor"] = "A period; ProgramRemovalTests stand at its end.",
        ["SubmissionPolicy.ProgramsCachedMax"] = "A cache: beyond it manifests are read again.",
        ["WorkerPolicy.GrantTrust"] = "A period; LeaseAuthorityTests stand at its end.",
    };

    [Fact]
    public void EveryNumber_IsTestedAtItAndOneBeyondOrSaysWhyNot()
    {
        var all = TestsBoundAttribute.AllOf(Policies).ToHashSet();
        var tested = TestsBoundAttribute.TestedIn(typeof(BoundListTests).Assembly).ToHashSet();
        Assert.Empty(all.Except(tested).Except(Untested.Keys));
        Assert.Empty(Untested.Keys.Intersect(tested));
        Assert.Empty(tested.Union(Untested.Keys).Except(all));
    }
}
