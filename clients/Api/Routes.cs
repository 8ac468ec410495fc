namespace Marketplace;

/// <summary>
/// The paths of the HTTP API, for the gateway that serves them and the clients that call them. The key travels as
/// <c>Authorization: Bearer ID_SECRET</c>. Every refusal is a <see cref="Problem"/>.
/// <code>
/// POST   /v1/jobs?wait=S             JobRequest -> Job; answers when the job has ended, at the latest after S seconds
/// GET    /v1/jobs?state=&amp;program=&amp;prefix=&amp;cursor=&amp;limit= -> Page of JobListItem, newest first
/// POST   /v1/jobs:batch              JobBatchRequest -> JobBatchResponse
/// POST   /v1/jobs:get                JobsGetRequest -> JobsGetResponse
/// GET    /v1/jobs/{id}?wait=S        -> Job, as above
/// GET    /v1/jobs/{id}/input         -> bytes, also by Range
/// GET    /v1/jobs/{id}/output        -> bytes, also by Range
/// GET    /v1/jobs/{id}/log           -> bytes
/// GET    /v1/jobs/{id}/receipt       -> bytes: a file by receipts/RECEIPT.md
/// GET    /v1/jobs/{id}/explain       -> JobExplanation
/// POST   /v1/jobs/{id}/cancel        -> Job
/// POST   /v1/quotes                  QuoteRequest -> QuoteSheet; nothing is held or promised
/// POST   /v1/blobs?expect=ID         bytes -> Blob; with expect, refused where they do not hash to it
/// PUT    /v1/blobs/{id}              bytes -> Blob; refused where they do not hash to the id
/// GET    /v1/blobs?prefix=&amp;cursor=&amp;limit= -> Page of Blob
/// GET    /v1/blobs/{id}              -> bytes, also by Range
/// GET    /v1/blobs/{id}/info         -> Blob
/// DELETE /v1/blobs/{id}              -> nothing; removes the account's own pin
/// POST   /v1/programs                ProgramRequest -> DeployedProgram
/// GET    /v1/programs?prefix=&amp;cursor=&amp;limit= -> Page of DeployedProgram
/// GET    /v1/programs/{id}           -> DeployedProgram
/// DELETE /v1/programs/{id}           -> nothing; refused while jobs of it are open and no other account has deployed it
/// GET    /v1/programs/{id}/state?root=&amp;prefix=&amp;after=&amp;limit= -> StateKeyPage; for accounts that have deployed the program
/// GET    /v1/programs/{id}/state/{key}?root=&amp;proof= -> StateKeyValue; likewise. The key in hexadecimal, or 'text:' and the key
/// GET    /v1/programs/{id}/state:export?root=&amp;after= -> StateExport; likewise
/// POST   /v1/programs/{id}/state:import StateImportRequest -> ImportedState; likewise, while the program has had no state
/// GET    /v1/disputes?worker=&amp;cursor=&amp;limit= -> Page of DisputeListItem, newest first; of all accounts
/// GET    /v1/disputes/{job}          -> bytes: a file by receipts/DISPUTE.md
/// GET    /v1/epochs                  -> CommitteeEpochs
/// GET    /v1/epochs/{n}              -> bytes: a file by receipts/COMMITTEE.md
/// GET    /v1/settlement              -> MarketSettlement; of a market that settles on a chain
/// GET    /v1/settlements/{n}/file    -> bytes: a file by receipts/SETTLEMENT.md; no key needed
/// GET    /v1/ledgers/{name}          -> bytes: a head by receipts/LEDGER.md. The name is market, account.ID or worker.ID
/// GET    /v1/ledgers/{name}/records?from=&amp;limit= -> bytes: records, a line each
/// GET    /v1/ledgers/{name}/proof?index=&amp;size= -> bytes: the proof that a record is in it
/// GET    /v1/batches/{root}          -> bytes: the proof that the market's ledger names what a committee has signed
/// GET    /v1/ledgers/{name}/consistency?from=&amp;to= -> bytes: the proof that it was only appended to
/// GET    /v1/account                 -> Account
/// GET    /v1/account/refusals        -> RefusalList
/// PUT    /v1/account/refusals        RefusalsRequest -> RefusalList; for jobs that are submitted from then on
/// GET    /v1/account/chain           -> AccountChain; of a market that settles on a chain
/// PUT    /v1/account/chain           AccountChainRequest -> AccountChain; likewise, once for ever
/// POST   /v1/transfers               TransferRequest -> Account
/// POST   /v1/accounts/challenges     ChallengeRequest -> AccountChallenge; no key needed
/// POST   /v1/accounts                OpenRequest -> OpenedAccount; no key needed
/// POST   /v1/accounts/{id}/credits   CreditRequest -> Account; for the operator
/// POST   /v1/keys                    KeyRequest -> CreatedKey
/// GET    /v1/keys                    -> Page of AccessKey
/// DELETE /v1/keys/{id}               -> nothing
/// GET    /v1/market                  -> MarketStatus
/// GET    /v1/info                    -> MarketInfo; no key needed
/// GET    /v1/books                   -> CheckedBooks, as they were last checked
/// POST   /v1/books                   -> CheckedBooks; has them checked from now on
/// GET    /v1/silo/grains             -> SiloGrains; of the asked silo
/// GET    /v1/silo/settings           -> SiloSettings; of the asked silo, without secrets
/// GET    /v1/silo/storage            -> SiloStorage; of the asked silo
/// GET    /v1/silo/log-levels         -> LogLevels; of the asked silo, since its start
/// PUT    /v1/silo/log-levels         LogLevelRequest -> LogLevels
/// GET    /v1/events?ticket=T         -> server-sent events: 'job', each a JobEnded, and 'lagged'; the key or a ticket
/// GET    /v1/events?stream=&amp;account=&amp;job=&amp;worker=&amp;class=&amp;kind= -> server-sent events: MarketEvents, and 'lagged'
/// POST   /v1/events/tickets          -> EventTicket
/// POST   /v1/sign-ins                -> SignInTicket
/// POST   /v1/sign-ins:use            SignInRequest -> SignedIn, once for a ticket; no key needed
/// GET    /v1/workers?cursor=&amp;limit= -> Page of MarketWorker, the cheapest first
/// GET    /v1/workers/{id}            -> MarketWorker
/// GET    /v1/workers/{id}/reputation -> Reputation
/// GET    /v1/workers/{id}/leases     -> Page of LeasedJob
/// GET    /v1/workers/{id}/explain    -> WorkerExplanation; for the worker's own account, the one it earns for, and the operator
/// POST   /v1/workers/{id}/maintenance MaintenanceRequest -> Reputation; for the worker's own account and the operator
/// POST   /v1/workers/{id}/appeals    AppealRequest -> Reputation; likewise
/// POST   /v1/workers/{id}/decisions  DecisionRequest -> Reputation; for the operator
/// POST   /v1/workers/{id}/stake      StakeRequest -> Reputation; of the caller's own money
/// POST   /v1/workers/{id}/unstake    UnstakeRequest -> Reputation; likewise
/// GET    /v1/admissions?state=&amp;cursor=&amp;limit= -> Page of Admission; for the operator
/// POST   /v1/admissions/{id}/decisions AdmissionRequest -> Admission; for the operator
/// GET    /v1/workers/connect         a worker's link: a WebSocket, by worker/PROTOCOL.md
/// GET    /v1/workers/leases/{id}/blobs/{blob}   -> bytes, also by Range; signed by the lease's worker
/// PUT    /v1/workers/leases/{id}/outputs/{blob} bytes -> nothing; signed by the lease's worker
/// GET    /health/live, /health/ready -> Health, with 200 or 503; no key needed
/// </code>
/// </summary>
public static class Routes
{
    /// <summary>Seconds to wait for the end of a job, at most 60; see <see cref="WaitSecondsMax"/>.</summary>
    public const string Wait = "wait";

    /// <summary>
    /// The longest wait that clients ask for at a time: a broken connection loses little of it. The service takes up to a minute.
    /// </summary>
    public const int WaitSecondsMax = 20;

    /// <summary>Only jobs in this state.</summary>
    public const string State = "state";

    /// <summary>Only jobs of this program.</summary>
    public const string ProgramFilter = "program";

    /// <summary>
    /// How the ids of a list's items begin, at least <see cref="PrefixDigitsMin"/> digits; the list is then in the order of the ids and has
    /// one page.
    /// </summary>
    public const string Prefix = "prefix";

    /// <summary>Fewer digits would name many of the jobs that an account gathers in a year.</summary>
    public const int PrefixDigitsMin = 8;

    /// <summary><see cref="Page{T}.Next"/> of the page before.</summary>
    public const string Cursor = "cursor";

    /// <summary>Items of a page.</summary>
    public const string Limit = "limit";

    /// <summary>An older root of a program's state.</summary>
    public const string RootFilter = "root";

    /// <summary>The first record of a ledger, or the smaller of two sizes.</summary>
    public const string From = "from";

    /// <summary>The larger of two sizes of a ledger.</summary>
    public const string To = "to";

    /// <summary>A record of a ledger.</summary>
    public const string Index = "index";

    /// <summary>How many records of a ledger count.</summary>
    public const string Size = "size";

    /// <summary>Keys or entries behind this one.</summary>
    public const string After = "after";

    /// <summary>Whether a value comes with its proof.</summary>
    public const string WithProof = "proof";

    /// <summary>Items of one page.</summary>
    public const int PageItemsMax = 1000;

    /// <summary>Items of one batch and of one <see cref="JobsGet"/>.</summary>
    public const int BatchItemsMax = JobLimits.BatchJobsMax;

    /// <summary>The name of a server-sent event that says that a job has ended.</summary>
    public const string JobEvent = "job";

    /// <summary>The name of a server-sent event that says that events were left out, because the client read too slowly.</summary>
    public const string LaggedEvent = "lagged";

    /// <summary>Streams of the market's events, joined by commas.</summary>
    public const string StreamFilter = "stream";

    /// <summary>Only events of this account.</summary>
    public const string AccountFilter = "account";

    /// <summary>Only events of this job.</summary>
    public const string JobFilter = "job";

    /// <summary>Only events of this worker.</summary>
    public const string WorkerFilter = "worker";

    /// <summary>Only events of jobs whose class has this in its name.</summary>
    public const string ClassFilter = "class";

    /// <summary>Only events of this kind.</summary>
    public const string KindFilter = "kind";

    /// <summary>Submit one job; list jobs.</summary>
    public const string Jobs = "/v1/jobs";

    /// <summary>Submit many jobs.</summary>
    public const string JobsBatch = "/v1/jobs:batch";

    /// <summary>Ask for many jobs.</summary>
    public const string JobsGet = "/v1/jobs:get";

    /// <summary>What jobs would cost.</summary>
    public const string Quotes = "/v1/quotes";

    /// <summary>Upload a blob; list blobs.</summary>
    public const string Blobs = "/v1/blobs";

    /// <summary>Deploy a program; list programs.</summary>
    public const string Programs = "/v1/programs";

    /// <summary>The account's money.</summary>
    public const string Account = "/v1/account";

    /// <summary>Which workers and owners get no jobs of the account.</summary>
    public const string AccountRefusals = "/v1/account/refusals";

    /// <summary>The account on the chain where the market settles.</summary>
    public const string AccountChain = "/v1/account/chain";

    /// <summary>Send money to another account.</summary>
    public const string Transfers = "/v1/transfers";

    /// <summary>Open an account.</summary>
    public const string Accounts = "/v1/accounts";

    /// <summary>Ask for a challenge to open an account with.</summary>
    public const string AccountChallenges = "/v1/accounts/challenges";

    /// <summary>Which market this is.</summary>
    public const string Info = "/v1/info";

    /// <summary>Create a key; list keys.</summary>
    public const string Keys = "/v1/keys";

    /// <summary>The market at a glance.</summary>
    public const string Market = "/v1/market";

    /// <summary>Whether the money of all accounts adds up; check it.</summary>
    public const string Books = "/v1/books";

    /// <summary>What the grains of the asked silo do.</summary>
    public const string SiloGrains = "/v1/silo/grains";

    /// <summary>The options of the asked silo.</summary>
    public const string SiloSettings = "/v1/silo/settings";

    /// <summary>How full the disk of the asked silo is.</summary>
    public const string SiloStorage = "/v1/silo/storage";

    /// <summary>From which level on the asked silo logs; for admins.</summary>
    public const string SiloLogLevels = "/v1/silo/log-levels";

    /// <summary>List the offers of workers.</summary>
    public const string Workers = "/v1/workers";

    /// <summary>A worker's link.</summary>
    public const string WorkersConnect = "/v1/workers/connect";

    /// <summary>What a lease is the right to.</summary>
    public const string Leases = "/v1/workers/leases";

    /// <summary>The event stream.</summary>
    public const string Events = "/v1/events";

    /// <summary>Ask for a ticket.</summary>
    public const string EventTickets = "/v1/events/tickets";

    /// <summary>Ask for a ticket that signs a browser in.</summary>
    public const string SignIns = "/v1/sign-ins";

    /// <summary>Use it.</summary>
    public const string SignInUse = "/v1/sign-ins:use";

    /// <summary>Whether the process answers.</summary>
    public const string HealthLive = "/health/live";

    /// <summary>Whether it takes work.</summary>
    public const string HealthReady = "/health/ready";

    /// <summary>The description of this API.</summary>
    public const string OpenApi = "/openapi/v1.json";

    /// <summary>Jobs that workers ran with different results.</summary>
    public const string Disputes = "/v1/disputes";

    /// <summary>One of them.</summary>
    public static string Dispute(JobId job) => $"{Disputes}/{job}";

    /// <summary>The epochs of committees.</summary>
    public const string Epochs = "/v1/epochs";

    /// <summary>The file of an epoch.</summary>
    public static string Epoch(string number) => $"{Epochs}/{number}";

    /// <summary>How the market's books come to its chain.</summary>
    public const string Settlement = "/v1/settlement";

    /// <summary>Settlements of a market that settles on a chain.</summary>
    public const string Settlements = "/v1/settlements";

    /// <summary>The file of a settlement.</summary>
    public static string SettlementFile(string number) => $"{Settlements}/{number}/file";

    /// <summary>Signed histories.</summary>
    public const string Ledgers = "/v1/ledgers";

    /// <summary>The head of a ledger.</summary>
    public static string Ledger(string name) => $"{Ledgers}/{name}";

    /// <summary>The records of a ledger.</summary>
    public static string LedgerRecords(string name) => $"{Ledgers}/{name}/records";

    /// <summary>The proof that a record is in a ledger.</summary>
    public static string LedgerProof(string name) => $"{Ledgers}/{name}/proof";

    /// <summary>What committees have signed, by its roots.</summary>
    public const string Batches = "/v1/batches";

    /// <summary>The proof that the market's ledger names what a committee has signed.</summary>
    public static string Batch(Bytes32 root) => $"{Batches}/{root}";

    /// <summary>The proof that a ledger was only appended to.</summary>
    public static string LedgerConsistency(string name) => $"{Ledgers}/{name}/consistency";

    /// <summary>One job.</summary>
    public static string Job(JobId id) => $"{Jobs}/{id}";

    /// <summary>A job's input.</summary>
    public static string JobInput(JobId id) => $"{Jobs}/{id}/input";

    /// <summary>A job's output.</summary>
    public static string JobOutput(JobId id) => $"{Jobs}/{id}/output";

    /// <summary>A job's receipt.</summary>
    public static string JobReceipt(JobId id) => $"{Jobs}/{id}/receipt";

    /// <summary>A job's log.</summary>
    public static string JobLog(JobId id) => $"{Jobs}/{id}/log";

    /// <summary>Why a job was matched as it was.</summary>
    public static string JobExplanation(JobId id) => $"{Jobs}/{id}/explain";

    /// <summary>Cancel a job.</summary>
    public static string JobCancel(JobId id) => $"{Jobs}/{id}/cancel";

    /// <summary>The bytes of a blob.</summary>
    public static string Blob(BlobId id) => $"{Blobs}/{id}";

    /// <summary>Size and age of a blob.</summary>
    public static string BlobInfo(BlobId id) => $"{Blobs}/{id}/info";

    /// <summary>One program.</summary>
    public static string Program(ProgramId id) => $"{Programs}/{id}";

    /// <summary>The keys of a program's state.</summary>
    public static string ProgramState(ProgramId id) => $"{Programs}/{id}/state";

    /// <summary>One key of a program's state.</summary>
    public static string ProgramStateKey(ProgramId id, ReadOnlySpan<byte> key) =>
        key.IsEmpty ? $"{Programs}/{id}/state/text:" : $"{Programs}/{id}/state/{Convert.ToHexStringLower(key)}";

    /// <summary>A program's whole state.</summary>
    public static string ProgramStateExport(ProgramId id) => $"{Programs}/{id}/state:export";

    /// <summary>Bring a whole state into a program.</summary>
    public static string ProgramStateImport(ProgramId id) => $"{Programs}/{id}/state:import";

    /// <summary>One worker's offer.</summary>
    public static string Worker(WorkerId id) => $"{Workers}/{id}";

    /// <summary>One worker's reputation.</summary>
    public static string WorkerReputation(WorkerId id) => $"{Workers}/{id}/reputation";

    /// <summary>What one worker has to do.</summary>
    public static string WorkerLeases(WorkerId id) => $"{Workers}/{id}/leases";

    /// <summary>Why a worker gets no work.</summary>
    public static string WorkerExplanation(WorkerId id) => $"{Workers}/{id}/explain";

    /// <summary>Begin or end a worker's maintenance.</summary>
    public static string WorkerMaintenance(WorkerId id) => $"{Workers}/{id}/maintenance";

    /// <summary>Put money at stake for a worker.</summary>
    public static string WorkerStake(WorkerId id) => $"{Workers}/{id}/stake";

    /// <summary>Take stakes back.</summary>
    public static string WorkerUnstake(WorkerId id) => $"{Workers}/{id}/unstake";

    /// <summary>Say that faults were counted wrongly.</summary>
    public static string WorkerAppeals(WorkerId id) => $"{Workers}/{id}/appeals";

    /// <summary>List workers that ask to be let in, or that the operator has decided of.</summary>
    public const string Admissions = "/v1/admissions";

    /// <summary>Let a worker in, or refuse it.</summary>
    public static string AdmissionDecisions(WorkerId id) => $"{Admissions}/{id}/decisions";

    /// <summary>Decide an appeal.</summary>
    public static string WorkerDecisions(WorkerId id) => $"{Workers}/{id}/decisions";

    /// <summary>A blob that the lease's run reads.</summary>
    public static string LeaseBlob(LeaseId lease, BlobId blob) => $"{Leases}/{lease}/blobs/{blob}";

    /// <summary>An output that the lease's run brings.</summary>
    public static string LeaseOutput(LeaseId lease, BlobId blob) => $"{Leases}/{lease}/outputs/{blob}";

    /// <summary>Bring money into an account.</summary>
    public static string AccountCredits(AccountId id) => $"{Accounts}/{id}/credits";

    /// <summary>Revoke a key.</summary>
    public static string Key(string id) => $"{Keys}/{Uri.EscapeDataString(id)}";
}
