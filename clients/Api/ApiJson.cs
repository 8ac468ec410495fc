using System.Text.Json.Serialization;
using Marketplace.Api.Workers;

namespace Marketplace;

/// <summary>
/// The JSON form of the API's records, generated at compile time: camelCase names, absent instead of null, unknown members refused.
/// </summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true
)]
[JsonSerializable(typeof(JobRequest))]
[JsonSerializable(typeof(JobNeeds))]
[JsonSerializable(typeof(JobBatchRequest))]
[JsonSerializable(typeof(JobBatchResponse))]
[JsonSerializable(typeof(JobsGetRequest))]
[JsonSerializable(typeof(QuoteRequest))]
[JsonSerializable(typeof(QuoteSheet))]
[JsonSerializable(typeof(JobsGetResponse))]
[JsonSerializable(typeof(Job))]
[JsonSerializable(typeof(JobEnded))]
[JsonSerializable(typeof(EventsLagged))]
[JsonSerializable(typeof(MarketEvent))]
[JsonSerializable(typeof(JobExplanation))]
[JsonSerializable(typeof(Page<JobListItem>))]
[JsonSerializable(typeof(Page<DisputeListItem>))]
[JsonSerializable(typeof(Blob))]
[JsonSerializable(typeof(Page<Blob>))]
[JsonSerializable(typeof(ProgramRequest))]
[JsonSerializable(typeof(DeployedProgram))]
[JsonSerializable(typeof(Page<DeployedProgram>))]
[JsonSerializable(typeof(StateKeyPage))]
[JsonSerializable(typeof(StateKeyValue))]
[JsonSerializable(typeof(StateExport))]
[JsonSerializable(typeof(StateImportRequest))]
[JsonSerializable(typeof(ImportedState))]
[JsonSerializable(typeof(Account))]
[JsonSerializable(typeof(RefusalList))]
[JsonSerializable(typeof(RefusalsRequest))]
[JsonSerializable(typeof(ChallengeRequest))]
[JsonSerializable(typeof(AccountChallenge))]
[JsonSerializable(typeof(OpenRequest))]
[JsonSerializable(typeof(OpenedAccount))]
[JsonSerializable(typeof(TransferRequest))]
[JsonSerializable(typeof(CreditRequest))]
[JsonSerializable(typeof(MarketInfo))]
[JsonSerializable(typeof(KeyRequest))]
[JsonSerializable(typeof(CreatedKey))]
[JsonSerializable(typeof(AccessKey))]
[JsonSerializable(typeof(Page<AccessKey>))]
[JsonSerializable(typeof(MarketStatus))]
[JsonSerializable(typeof(MarketWorker))]
[JsonSerializable(typeof(Page<MarketWorker>))]
[JsonSerializable(typeof(Reputation))]
[JsonSerializable(typeof(WorkerExplanation))]
[JsonSerializable(typeof(MaintenanceRequest))]
[JsonSerializable(typeof(AppealRequest))]
[JsonSerializable(typeof(DecisionRequest))]
[JsonSerializable(typeof(StakeRequest))]
[JsonSerializable(typeof(UnstakeRequest))]
[JsonSerializable(typeof(CheckedBooks))]
[JsonSerializable(typeof(CommitteeEpochs))]
[JsonSerializable(typeof(MarketSettlement))]
[JsonSerializable(typeof(Health))]
[JsonSerializable(typeof(EventTicket))]
[JsonSerializable(typeof(Problem))]
[JsonSerializable(typeof(WorkerOffer))]
[JsonSerializable(typeof(WorkerWelcome))]
[JsonSerializable(typeof(WorkerPoll))]
[JsonSerializable(typeof(WorkerOrders))]
[JsonSerializable(typeof(WorkerReport))]
[JsonSerializable(typeof(CommitteeVotes))]
[JsonSerializable(typeof(LeaseCall))]
public sealed partial class ApiJson : JsonSerializerContext;
