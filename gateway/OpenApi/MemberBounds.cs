using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Marketplace.Crypto;
using Marketplace.GrainInterfaces;
using Marketplace.Receipts;
using Microsoft.OpenApi;

namespace Marketplace.Gateway;

/// <summary>What the members of records may hold, read from the constants that the checks themselves read.</summary>
internal static class MemberBounds
{
    private const string StateKeyDigits = "^([0-9a-f]{2})*$";

    private static readonly int ScopesMax = Enum.GetValues<Scope>().Length;

    private static readonly Dictionary<(Type Record, string Member), Action<OpenApiSchema>> Bounds = new()
    {
        [(typeof(OpenRequest), nameof(OpenRequest.Challenge))] = Bytes(MarketIdentity.ChallengeSize),
        [(typeof(OpenRequest), nameof(OpenRequest.Signature))] = Bytes(Ed25519.SignatureSize),
        [(typeof(OpenRequest), nameof(OpenRequest.Name))] = Text(1, MarketLimits.NameBytesMax),
        [(typeof(OpenRequest), nameof(OpenRequest.Scopes))] = Items(1, ScopesMax),
        [(typeof(AccountChainRequest), nameof(AccountChainRequest.ByAccount))] = Bytes(Ed25519.SignatureSize),
        [(typeof(AccountChainRequest), nameof(AccountChainRequest.ByOwner))] = Bytes(AccountOwner.SignatureSize),
        [(typeof(TransferRequest), nameof(TransferRequest.RequestId))] = Text(1, MarketLimits.RequestIdBytesMax),
        [(typeof(TransferRequest), nameof(TransferRequest.At))] = Text(1, GatewayPolicy.MomentCharactersMax),
        [(typeof(CreditRequest), nameof(CreditRequest.At))] = Text(1, GatewayPolicy.MomentCharactersMax),
        [(typeof(CreditRequest), nameof(CreditRequest.Operation))] = Text(1, MarketLimits.CreditIdBytesMax),
        [(typeof(AccountChallenge), nameof(AccountChallenge.Challenge))] = Bytes(MarketIdentity.ChallengeSize),
        [(typeof(AccountChallenge), nameof(AccountChallenge.Market))] = Matching(ValueShapes.HexId),
        [(typeof(OpenedAccount), nameof(OpenedAccount.Key))] = Matching(ValueShapes.KeyWithSecretPattern),
        [(typeof(MarketInfo), nameof(MarketInfo.Market))] = Matching(ValueShapes.HexId),
        [(typeof(MarketChain), nameof(MarketChain.ChainId))] = Matching(ValueShapes.ChainPattern),
        [(typeof(MarketChain), nameof(MarketChain.Contract))] = Matching(ValueShapes.ContractPattern),
        [(typeof(AppealRequest), nameof(AppealRequest.RequestId))] = Text(1, MarketLimits.RequestIdBytesMax),
        [(typeof(AppealRequest), nameof(AppealRequest.Jobs))] = Items(1, MarketLimits.FaultsMax),
        [(typeof(AppealRequest), nameof(AppealRequest.Words))] = Text(1, MarketLimits.WordsBytesMax),
        [(typeof(DecisionRequest), nameof(DecisionRequest.RequestId))] = Text(1, MarketLimits.RequestIdBytesMax),
        [(typeof(DecisionRequest), nameof(DecisionRequest.Words))] = Text(1, MarketLimits.WordsBytesMax),
        [(typeof(Appeal), nameof(Marketplace.Appeal.RequestId))] = Text(1, MarketLimits.RequestIdBytesMax),
        [(typeof(LogLevelRequest), nameof(LogLevelRequest.Category))] = Text(1, ILogLevels.CategoryBytesMax),
        [(typeof(LogLevelRule), nameof(LogLevelRule.Category))] = Text(1, ILogLevels.CategoryBytesMax),
        [(typeof(AdmissionRequest), nameof(AdmissionRequest.RequestId))] = Text(1, MarketLimits.RequestIdBytesMax),
        [(typeof(AdmissionRequest), nameof(AdmissionRequest.Reason))] = Text(1, MarketLimits.AdmissionReasonBytesMax),
        [(typeof(AdmissionDecision), nameof(AdmissionDecision.RequestId))] = Text(1, MarketLimits.RequestIdBytesMax),
        [(typeof(AdmissionDecision), nameof(AdmissionDecision.Reason))] = Text(1, MarketLimits.AdmissionReasonBytesMax),
        [(typeof(AdmissionOffer), nameof(AdmissionOffer.Slots))] = Number(1, WorkerLimits.SlotsMax),
        [(typeof(AdmissionOffer), nameof(AdmissionOffer.MemoryPagesMax))] = Number(1, MarketLimits.MemoryPagesMax),
        [(typeof(AdmissionOffer), nameof(AdmissionOffer.Times))] = Number(1),
        [(typeof(Reputation), nameof(Reputation.History))] = Items(1, MarketLimits.StandingSamplesMax),
        [(typeof(StandingSample), nameof(StandingSample.Score))] = Number(0, 1000),
        [(typeof(Reputation), nameof(Reputation.Score))] = Number(0, 1000),
        [(typeof(Reputation), nameof(Reputation.Kept))] = Number(0),
        [(typeof(Reputation), nameof(Reputation.Faulted))] = Number(0),
        [(typeof(Reputation), nameof(Reputation.Faults))] = Items(0, MarketLimits.FaultsMax),
        [(typeof(Reputation), nameof(Reputation.Stakes))] = Items(1, MarketLimits.StakesMax),
        [(typeof(Stake), nameof(Stake.RequestId))] = Text(1, MarketLimits.RequestIdBytesMax),
        [(typeof(StakeRequest), nameof(StakeRequest.RequestId))] = Text(1, MarketLimits.RequestIdBytesMax),
        [(typeof(UnstakeRequest), nameof(UnstakeRequest.Stakes))] = Items(
            1,
            MarketLimits.StakesOfAccountMax,
            Text(1, MarketLimits.RequestIdBytesMax)
        ),
        [(typeof(StandingMargin), nameof(StandingMargin.Below))] = Number(0, 1000),
        [(typeof(StandingMargin), nameof(StandingMargin.Faults))] = Number(0, 1000),
        [(typeof(MarketWorker), nameof(MarketWorker.Slots))] = Number(1, WorkerLimits.SlotsMax),
        [(typeof(MarketWorker), nameof(MarketWorker.SlotsUsed))] = Number(0),
        [(typeof(MarketWorker), nameof(MarketWorker.MemoryPagesMax))] = Number(1, MarketLimits.MemoryPagesMax),
        [(typeof(MarketWorker), nameof(MarketWorker.Labels))] = Items(1, WorkerLimits.LabelsMax, Text(1, WorkerLimits.LabelCharsMax)),
        [(typeof(MarketWorker), nameof(MarketWorker.Score))] = Number(0, 1000),
        [(typeof(MarketWorker), nameof(MarketWorker.BuyerReputationMin))] = Number(1, 1000),
        [(typeof(JobRequest), nameof(JobRequest.RequestId))] = Text(1, MarketLimits.RequestIdBytesMax),
        [(typeof(JobRequest), nameof(JobRequest.EntryPoint))] = Text(1, JobLimits.EntryPointNameBytesMax),
        [(typeof(JobRequest), nameof(JobRequest.Input))] = Bytes(MarketLimits.InlineBytesMax),
        [(typeof(JobRequest), nameof(JobRequest.InputText))] = Text(0, MarketLimits.InlineBytesMax),
        [(typeof(JobRequest), nameof(JobRequest.Arguments))] = Items(0, MarketLimits.ArgumentsMax, Text(0, MarketLimits.ArgumentBytesMax)),
        [(typeof(JobRequest), nameof(JobRequest.Environment))] = Members(
            MarketLimits.EnvironmentVariablesMax,
            Text(0, MarketLimits.EnvironmentBytesMax)
        ),
        [(typeof(JobRequest), nameof(JobRequest.InputFiles))] = Members(MarketLimits.JobFilesMax),
        [(typeof(JobRequest), nameof(JobRequest.FuelMax))] = NumberOf(nameof(JobRequest.FuelMax)),
        [(typeof(JobRequest), nameof(JobRequest.MemoryPagesMax))] = NumberOf(nameof(JobRequest.MemoryPagesMax)),
        [(typeof(JobRequest), nameof(JobRequest.TimeMaxMs))] = NumberOf(nameof(JobRequest.TimeMaxMs)),
        [(typeof(JobRequest), nameof(JobRequest.RetriesMax))] = NumberOf(nameof(JobRequest.RetriesMax)),
        [(typeof(JobRequest), nameof(JobRequest.ExpiresAfterMs))] = NumberOf(nameof(JobRequest.ExpiresAfterMs)),
        [(typeof(JobRequest), nameof(JobRequest.Priority))] = NumberOf(nameof(JobRequest.Priority)),
        [(typeof(JobRequest), nameof(JobRequest.Group))] = Text(1, MarketLimits.GroupBytesMax),
        [(typeof(JobRequest), nameof(JobRequest.AuctionMs))] = NumberOf(nameof(JobRequest.AuctionMs)),
        [(typeof(JobNeeds), nameof(JobNeeds.Labels))] = Items(0, JobLimits.NeededLabelsMax, Text(1, WorkerLimits.LabelCharsMax)),
        [(typeof(JobNeeds), nameof(JobNeeds.ReputationMin))] = NumberOf(nameof(JobNeeds.ReputationMin)),
        [(typeof(RefusalList), nameof(RefusalList.Workers))] = Items(0, JobLimits.AccountRefusalsMax),
        [(typeof(RefusalsRequest), nameof(RefusalsRequest.Workers))] = Items(0, JobLimits.AccountRefusalsMax),
        [(typeof(RefusalList), nameof(RefusalList.Owners))] = Items(0, JobLimits.AccountRefusalsMax),
        [(typeof(RefusalsRequest), nameof(RefusalsRequest.Owners))] = Items(0, JobLimits.AccountRefusalsMax),
        [(typeof(JobNeeds), nameof(JobNeeds.RefusedWorkers))] = Items(0, JobLimits.RefusedWorkersMax),
        [(typeof(JobNeeds), nameof(JobNeeds.RefusedOwners))] = Items(0, JobLimits.RefusedWorkersMax),
        [(typeof(QuoteRequest), nameof(QuoteRequest.FuelMax))] = NumberOf(nameof(QuoteRequest.FuelMax)),
        [(typeof(QuoteRequest), nameof(QuoteRequest.MemoryPagesMax))] = NumberOf(nameof(QuoteRequest.MemoryPagesMax)),
        [(typeof(QuoteRequest), nameof(QuoteRequest.Priority))] = NumberOf(nameof(QuoteRequest.Priority)),
        [(typeof(QuoteRequest), nameof(QuoteRequest.Assurances))] = Items(1, MarketLimits.QuotedAssurancesMax),
        [(typeof(QuoteRequest), nameof(QuoteRequest.LiarsPermille))] = NumberOf(nameof(QuoteRequest.LiarsPermille)),
        [(typeof(QuoteSheet), nameof(QuoteSheet.FuelMax))] = Number(1, MarketLimits.FuelMax),
        [(typeof(QuoteSheet), nameof(QuoteSheet.LiarsPermille))] = NumberOf(nameof(QuoteRequest.LiarsPermille)),
        [(typeof(QuoteSheet), nameof(QuoteSheet.Owners))] = Number(0),
        [(typeof(QuoteSheet), nameof(QuoteSheet.Quotes))] = Items(1, MarketLimits.QuotedAssurancesMax),
        [(typeof(Quote), nameof(Quote.Seats))] = Number(1, Assurance.QuorumSeatsMax),
        [(typeof(Quote), nameof(Quote.DelayMs))] = Number(0),
        [(typeof(Quote), nameof(Quote.WrongAccepted))] = Matching("^(0|1|[1-9]\\.[0-9]{2}e-[0-9]{1,2})$"),
        [(typeof(JobBatchRequest), nameof(JobBatchRequest.Jobs))] = Items(1, MarketLimits.BatchJobsMax),
        [(typeof(JobsGetRequest), nameof(JobsGetRequest.Ids))] = Items(1, Routes.BatchItemsMax),
        [(typeof(ProgramRequest), nameof(ProgramRequest.Name))] = Text(1, MarketLimits.NameBytesMax),
        [(typeof(ProgramRequest), nameof(ProgramRequest.Salt))] = Bytes(ProgramLimits.SaltBytesMax),
        [(typeof(KeyRequest), nameof(KeyRequest.Name))] = Text(1, MarketLimits.NameBytesMax),
        [(typeof(KeyRequest), nameof(KeyRequest.Scopes))] = Items(1, ScopesMax),

        [(typeof(Job), nameof(Job.RequestId))] = Text(1, MarketLimits.RequestIdBytesMax),
        [(typeof(Job), nameof(Job.FuelMax))] = Number(1, MarketLimits.FuelMax),
        [(typeof(Job), nameof(Job.FuelUsed))] = Number(0),
        [(typeof(Job), nameof(Job.AuctionMs))] = NumberOf(nameof(JobRequest.AuctionMs)),
        [(typeof(Job), nameof(Job.Group))] = Text(1, MarketLimits.GroupBytesMax),
        [(typeof(JobListItem), nameof(JobListItem.RequestId))] = Text(1, MarketLimits.RequestIdBytesMax),
        [(typeof(JobListItem), nameof(JobListItem.FuelUsed))] = Number(0),
        [(typeof(JobEnded), nameof(JobEnded.RequestId))] = Text(1, MarketLimits.RequestIdBytesMax),
        [(typeof(JobEnded), nameof(JobEnded.FuelUsed))] = Number(0),
        [(typeof(EventsLagged), nameof(EventsLagged.Missed))] = Number(1),
        [(typeof(JobOutput), nameof(JobOutput.Size))] = Number(0, MarketLimits.OutputBytesMax),
        [(typeof(JobOutput), nameof(JobOutput.Inline))] = Bytes(MarketLimits.InlineBytesMax),
        [(typeof(JobOutput), nameof(JobOutput.Files))] = Items(1, MarketLimits.JobFilesMax),
        [(typeof(JobFile), nameof(JobFile.Size))] = Number(0, MarketLimits.OutputBytesMax),
        [(typeof(JobBatchResponse), nameof(JobBatchResponse.Results))] = Items(1, MarketLimits.BatchJobsMax),
        [(typeof(JobsGetResponse), nameof(JobsGetResponse.Jobs))] = Items(0, Routes.BatchItemsMax),
        [(typeof(JobsGetResponse), nameof(JobsGetResponse.NotFound))] = Items(0, Routes.BatchItemsMax),
        [(typeof(Blob), nameof(Blob.Size))] = Number(0),
        [(typeof(DeployedProgram), nameof(DeployedProgram.Name))] = Text(1, MarketLimits.NameBytesMax),
        [(typeof(DeployedProgram), nameof(DeployedProgram.ModuleSize))] = Number(0),
        [(typeof(DisputeListItem), nameof(DisputeListItem.Results))] = Number(2),
        [(typeof(DisputeListItem), nameof(DisputeListItem.Seats))] = Items(2, Routes.PageItemsMax),
        [(typeof(DisputeListItem), nameof(DisputeListItem.Jurors))] = Items(0, Routes.PageItemsMax),
        [(typeof(DisputeListItem), nameof(DisputeListItem.Losers))] = Items(0, Routes.PageItemsMax),
        [(typeof(Account), nameof(Account.OpenJobs))] = Number(0),
        [(typeof(StateImportRequest), nameof(StateImportRequest.Chunk))] = Bytes(GatewayPolicy.StateChunkBodyBytesMax / 4 * 3),
        [(typeof(StateKeyPage), nameof(StateKeyPage.Next))] = Matching(StateKeyDigits),
        [(typeof(StateKeyName), nameof(StateKeyName.Key))] = Matching(StateKeyDigits),
        [(typeof(StateKeyValue), nameof(StateKeyValue.Key))] = Matching(StateKeyDigits),
        [(typeof(StateExport), nameof(StateExport.Next))] = Matching(ValueShapes.HexId),
        [(typeof(ImportedState), nameof(ImportedState.Next))] = Matching(ValueShapes.HexId),
        [(typeof(AccessKey), nameof(AccessKey.Id))] = Matching(ValueShapes.KeyPattern),
        [(typeof(AccessKey), nameof(AccessKey.Name))] = Text(1, MarketLimits.NameBytesMax),
        [(typeof(AccessKey), nameof(AccessKey.Scopes))] = Items(1, ScopesMax),
        [(typeof(CreatedKey), nameof(CreatedKey.Key))] = Matching(ValueShapes.KeyWithSecretPattern),
        [(typeof(EventTicket), nameof(EventTicket.Ticket))] = Matching(Tickets.Pattern),
        [(typeof(SignedIn), nameof(SignedIn.Key))] = Matching(ValueShapes.KeyWithSecretPattern),
        [(typeof(SignInTicket), nameof(SignInTicket.Ticket))] = Matching(Tickets.Pattern),
        [(typeof(SignInRequest), nameof(SignInRequest.Ticket))] = Text(1, 2 * Tickets.SecretBytes),
        [(typeof(MarketStatus), nameof(MarketStatus.QueuedJobs))] = Number(0),
        [(typeof(MarketStatus), nameof(MarketStatus.RunningJobs))] = Number(0),
        [(typeof(MarketStatus), nameof(MarketStatus.Workers))] = Number(0),
        [(typeof(MarketStatus), nameof(MarketStatus.Slots))] = Number(0),
        [(typeof(MarketStatus), nameof(MarketStatus.ReadModelLag))] = Number(0),
        [(typeof(MarketClass), nameof(MarketClass.ReadyJobs))] = Number(0),
        [(typeof(MarketClass), nameof(MarketClass.RunningJobs))] = Number(0),
        [(typeof(MarketClass), nameof(MarketClass.Slots))] = Number(0),
        [(typeof(FreeSlots), nameof(FreeSlots.Slots))] = Number(1),
        [(typeof(PriceSpan), nameof(PriceSpan.Matches))] = Number(0),
        [(typeof(PriceSpan), nameof(PriceSpan.UsedPermille))] = Number(0, 1000),
        [(typeof(CheckedBooks), nameof(CheckedBooks.Accounts))] = Number(0),
        [(typeof(CheckedBooks), nameof(CheckedBooks.Violations))] = Items(1, BookReport.ViolationsMax),
        [(typeof(MarketSettlement), nameof(MarketSettlement.Settled))] = Number(0),
        [(typeof(MarketSettlement), nameof(MarketSettlement.Head))] = Number(0),
        [(typeof(MarketSettlement), nameof(MarketSettlement.Counted))] = Number(0),
        [(typeof(MarketSettlement), nameof(MarketSettlement.Accounts))] = Number(0),
        [(typeof(MarketSettlement), nameof(MarketSettlement.Members))] = Number(0),
        [(typeof(SettlementToken), nameof(SettlementToken.Decimals))] = Number(0, byte.MaxValue),
        [(typeof(MarketSettlement), nameof(MarketSettlement.Past))] = Items(0, MarketLimits.PastSettlementsMax),
        [(typeof(SettlementUnderWay), nameof(SettlementUnderWay.Number))] = Number(1),
        [(typeof(SettlementUnderWay), nameof(SettlementUnderWay.Epoch))] = Number(0),
        [(typeof(SettlementUnderWay), nameof(SettlementUnderWay.Signed))] = Number(0),
        [(typeof(SettlementUnderWay), nameof(SettlementUnderWay.Asked))] = Number(0),
        [(typeof(SettlementUnderWay), nameof(SettlementUnderWay.Transaction))] = Matching(ValueShapes.TransactionPattern),
        [(typeof(PastSettlement), nameof(PastSettlement.Transaction))] = Matching(ValueShapes.TransactionPattern),
        [(typeof(PastSettlement), nameof(PastSettlement.Number))] = Number(1),
        [(typeof(PastSettlement), nameof(PastSettlement.Epoch))] = Number(0),
        [(typeof(PastSettlement), nameof(PastSettlement.Accounts))] = Number(0),
        [(typeof(PastSettlement), nameof(PastSettlement.Receipts))] = Number(0),
        [(typeof(CommitteeEpochs), nameof(CommitteeEpochs.Epochs))] = Items(0, MarketLimits.EpochsKeptMax + 1),
        [(typeof(CommitteeEpoch), nameof(CommitteeEpoch.Epoch))] = Number(1),
        [(typeof(CommitteeEpoch), nameof(CommitteeEpoch.Workers))] = Number(0, EpochFile.MembersMax),
        [(typeof(CommitteeEpoch), nameof(CommitteeEpoch.Shares))] = Number(0, EpochFile.MembersMax),
        [(typeof(Health), nameof(Health.Status))] = OneOf(HealthApi.Words),
        [(typeof(Problem), nameof(Problem.Status))] = Number(400, 599),
        [(typeof(Page<>), nameof(Page<>.Items))] = Items(0, GatewayPolicy.PageItemsMax),
        [(typeof(Page<>), nameof(Page<>.Next))] = Text(1, GatewayPolicy.CursorCharactersMax),
    };

    private static readonly Dictionary<(Type Record, string Member), Action<OpenApiSchema>> ByJsonName = Bounds.ToDictionary(
        bound => (bound.Key.Record, JsonNamingPolicy.CamelCase.ConvertName(bound.Key.Member)),
        bound => bound.Value
    );

    /// <param name="schema">The member's schema, which stands in its record.</param>
    /// <param name="record">The record's type.</param>
    /// <param name="member">The member's name in JSON.</param>
    public static void Apply(OpenApiSchema schema, Type record, string member)
    {
        var declared = record.IsGenericType ? record.GetGenericTypeDefinition() : record;
        if (ByJsonName.TryGetValue((declared, member), out var bound))
        {
            bound(schema);
        }
    }

    /// <summary>A bound of bytes bounds the characters too: none has less than one byte.</summary>
    private static Action<OpenApiSchema> Text(int bytesMin, int bytesMax) =>
        schema =>
        {
            schema.MinLength = bytesMin == 0 ? null : bytesMin;
            schema.MaxLength = bytesMax;
        };

    private static Action<OpenApiSchema> Bytes(int bytesMax) => schema => schema.MaxLength = (bytesMax + 2) / 3 * 4;

    private static Action<OpenApiSchema> Matching(string pattern) => schema => schema.Pattern = pattern;

    private static Action<OpenApiSchema> OneOf(IEnumerable<string> words) =>
        schema => schema.Enum = [.. words.Select(word => (JsonNode)word)];

    private static Action<OpenApiSchema> Items(int min, int max, Action<OpenApiSchema>? item = null) =>
        schema =>
        {
            schema.MinItems = min == 0 ? null : min;
            schema.MaxItems = max;
            item?.Invoke((OpenApiSchema)schema.Items!);
        };

    private static Action<OpenApiSchema> Members(int max, Action<OpenApiSchema>? member = null) =>
        schema =>
        {
            schema.MaxProperties = max;
            member?.Invoke((OpenApiSchema)schema.AdditionalProperties!);
        };

    /// <summary>
    /// Without what counts when it is left out, which stands in its words: generators make a member with a default one that must be given.
    /// </summary>
    private static Action<OpenApiSchema> Number(long min, long? max = null) =>
        schema =>
        {
            schema.Minimum = Figure(min);
            schema.Maximum = max is { } most ? Figure(most) : null;
        };

    /// <summary>The bounds that a refused number is told.</summary>
    private static Action<OpenApiSchema> NumberOf(string member) =>
        NumberBounds.Of(JsonNamingPolicy.CamelCase.ConvertName(member)) is { } bounds
            ? Number(bounds.Min, bounds.Max)
            : throw new InvalidOperationException($"{member} has no {nameof(NumberBounds)}. This is a bug in the gateway.");

    private static string Figure(long value) => value.ToString(CultureInfo.InvariantCulture);
}
