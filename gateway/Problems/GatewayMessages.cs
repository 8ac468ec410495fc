using System.Globalization;
using Marketplace.GrainInterfaces;

namespace Marketplace.Gateway;

/// <summary>The gateway's words to its clients: what was seen, what is allowed, what to do.</summary>
internal static class GatewayMessages
{
    public const string NoKey =
        "The request has no API key. Send the header 'Authorization: Bearer KEY'; the key of the local account is in the file 'key' of the "
        + "silo's data directory.";

    public const string KeyForm =
        "The Authorization header does not hold an API key: expected 'Bearer' and a key, which is 'mk' and 16 hexadecimal digits, '_' and "
        + "64 hexadecimal digits, all in lower case.";

    public const string KeyRefused =
        "The API key is unknown or revoked, or its secret is wrong. Use another key, or create one with 'market key create'.";

    public const string TicketRefused =
        "The ticket is unknown, used or expired: a ticket opens one event stream within 30 seconds. Ask for a new one with "
        + "POST /v1/events/tickets.";

    public const string SignInRefused =
        "The link is unknown, used or expired: it signs one browser in, once, within ten minutes. Ask for a new one with 'market open'.";

    public const string SettlesNowhere =
        "This market settles on no chain: its accounts hold credits, and nothing comes or goes there. GET /v1/info names the chain of one "
        + "that does.";

    public const string NoRoute = "There is no such route. The routes are in /openapi/v1.json.";

    public const string HostMissing = "The request has no Host header, or more than one. Send one.";

    public const string EncodingRefused = "Bodies with a Content-Encoding are not accepted. Send the body as it is, without that header.";

    public const string BodyNotExpected = "This route takes no body. Send the request without one.";

    public const string BodyMissing = "This route needs a body, the request has none. What it must hold is in /openapi/v1.json.";

    public const string ReaderLost = "The body ended early or came in a form that HTTP does not allow. Send the request again.";

    public const string TooSlow = "The body came slower than allowed. Send the request again over a faster connection.";

    public const string Overloaded =
        "The service is overloaded, starting or stopping; the request had no effect. Send it again after the seconds in Retry-After.";

    public const string LostWrite =
        "Another request changed the same thing at the same moment; this one had no effect. Send it again after the seconds in "
        + "Retry-After.";

    public const string TimedOut =
        "The service did not answer in time; whether the request had an effect is not known. Send it again: with the same request id it "
        + "reaches the same job.";

    public const string StorageStopped =
        "The service's storage takes no writes; whether the request had an effect is not known. Its operator has to look at the log and "
        + "restart it.";

    public const string StorageFull =
        "The service's disk is filled to its floor: nothing new is stored. Its operator has to make room; blobs that are removed are "
        + "collected in time.";

    public const string KeyNeedsScopes = "The new key has no scopes. Give at least one of read, submit, deploy, transfer, admin.";

    public const string ScopeUnknown = "An item of 'scopes' is not a scope. Give a list of read, submit, deploy, transfer and admin.";

    public const string JobHasNoOutput =
        "The job has no output: it has not ended, or did not complete. GET the job to see its state and reason.";

    public const string NullItem = "The body has null where a value is needed, at {0}.";

    public static string TooManyRequests(string who, int perSecond) =>
        $"More than {perSecond} requests a second came from this {who}. Wait for the seconds in Retry-After; send jobs in batches.";

    public static string TooManyOpenings(int perMinute) =>
        $"More than {perMinute} accounts a minute were to be opened from this address. Wait for the seconds in Retry-After.";

    public static string MemoryFull(long max) =>
        $"The service has request bodies and answers of {Number(max)} bytes in memory, as many as allowed. Send the request again after "
        + "the seconds in "
        + "Retry-After.";

    public static string AnswersFull(long max) =>
        $"The service has long answers of {Number(max)} bytes in memory that are not read yet, as many as allowed. Send the request "
        + "again after the seconds "
        + "in Retry-After, or ask for single jobs.";

    public static string AccountMemoryFull(long held, long max) =>
        $"The account's requests under way hold {Number(held)} bytes of bodies and answers; with this one they would hold more than the "
        + $"{Number(max)} that "
        + "one account may. Wait for one to be answered, then send this again.";

    public static string AccountAnswersFull(long held, long max) =>
        $"The account's long answers under way hold {Number(held)} bytes; with this one they would hold more than the {Number(max)} "
        + "that one account may. "
        + "Read one to its end, then send this again.";

    public static string TooManyWaits(int max) =>
        $"The account has {max} requests under way that wait for a job, as many as allowed. Ask without 'wait', or open an event stream.";

    public static string EventStreamsFull(int max) =>
        $"The service has {max} event streams open, as many as allowed. Connect again later, or ask for your jobs with POST /v1/jobs:get.";

    public static string AccountEventStreamsFull(int max) =>
        $"The account has {max} event streams open, as many as one account may. Close one and connect again: each tells of all jobs of "
        + "the account.";

    public static string FilterWithoutStream(string name) =>
        $"The parameter '{name}' filters the events of streams, and 'stream' names none. Add it, for example stream=jobs.";

    public static string FilterTooLong(string name, int length, int max) =>
        $"The parameter '{name}' has {length} characters; allowed are {max}.";

    public static string TicketsFull(int ownMax, int max, TimeSpan life) =>
        $"The account has {ownMax} unused tickets, or the service {max}, as many as allowed. Use one, or wait {life.TotalSeconds} seconds "
        + "for them to expire.";

    public const string NotHttp =
        "The request is not HTTP as RFC 9112 has it: its first line, its headers or its framing are broken. Send it again in that form.";

    public const string HttpVersion = "The request's version of HTTP is not served. Send it as HTTP/1.1.";

    public const string HeadersTooSlow = "The request's headers came slower than allowed. Send it again over a faster connection.";

    public const string NotUtf8 =
        "the text has bytes that are not UTF-8. Send text in UTF-8, and other bytes in base64 where the route takes them.";

    public const string HalfCharacter = "the text has half a character: an escaped surrogate (\\uD800 to \\uDFFF) without its partner.";

    public const string NotBase64 = "the text is not base64 (RFC 4648, section 4), with its padding and without line breaks.";

    public static string RequestLineTooLong(int max) =>
        $"The request's first line is longer than the {Number(max)} bytes that are allowed. Send a shorter URL.";

    public static string HeadersTooLarge(int countMax, int bytesMax) =>
        $"The request has more headers than allowed: {countMax} headers, together {Number(bytesMax)} bytes. Send fewer.";

    public static string WrongType(string expected, string seen) => $"expected {expected}, found {seen}.";

    public static string NotWhole(string seen) => $"expected a whole number without a point or an exponent, found {seen}.";

    public static string NumberOutside(string seen, long min, long max) => $"{seen} is outside what is allowed here, {min} to {max}.";

    public static string DuplicateMember(string which) =>
        $"{which} is there twice. Give it once: readers differ in which of the two counts.";

    public static string TooDeep(int max) => $"the JSON nests deeper than the {max} levels that are allowed.";

    public static string Internal(string incident) =>
        $"The service met a fault of its own; its log has the details under incident {incident}. If it stays, report it with that id.";

    public static string BlobDamaged(BlobId id) =>
        $"The stored bytes of {id} are damaged. The operator can find the place with 'market store check'.";

    public static string NotReady(string state, string? reason) =>
        $"The service is {state}{(reason is null ? "" : $": {reason}")}; the request had no effect. "
        + "Send it again after the seconds in Retry-After.";

    public static string ScopeMissing(Scopes needed, Scopes present) =>
        $"The key has the scopes '{Words(present)}', the request needs '{Words(needed)}'. Use a key that has it.";

    public static string HostRefused(string host) =>
        $"The Host header names '{Cut(host)}', which this service does not answer to. Use localhost or 127.0.0.1, or start the service "
        + "with the name among its --allowed-hosts (GatewayOptions.AllowedHosts).";

    public static string OriginRefused(string origin) =>
        $"The request was sent by a page of '{Cut(origin)}'. Pages of other origins may not use this API.";

    public static string MethodNotAllowed(string method) =>
        $"The route does not answer to {Cut(method)}. The Allow header names the methods that it answers to.";

    public static string ContentType(string? seen, string expected) =>
        $"The Content-Type is {(string.IsNullOrEmpty(seen) ? "missing" : $"'{Cut(seen)}'")}: this route takes '{expected}'.";

    public static string BodyTooLarge(long max) => $"The body is larger than the {Number(max)} bytes that this route takes.";

    public static string BadJson(string where, string what) => $"The body is not the JSON that this route takes: at {where}: {what}";

    public static string BadId(string what, string seen, string form) => $"'{Cut(seen)}' is not {what}: expected {form}.";

    public static string UnknownParameter(string name, IEnumerable<string> known)
    {
        var names = string.Join(", ", known);
        return $"The query has the parameter '{Cut(name)}', which this route does not take. "
            + $"It takes {(names.Length == 0 ? "none" : names)}.";
    }

    public static string RepeatedParameter(string name) => $"The query has the parameter '{Cut(name)}' more than once. Give it once.";

    public static string NumberOutside(string name, string seen, long min, long max) =>
        $"The parameter '{name}' is '{Cut(seen)}': it must be a whole number from {min} to {max}.";

    public static string NotOneOf(string name, string seen, IEnumerable<string> allowed) =>
        $"The parameter '{name}' is '{Cut(seen)}': it must be one of {string.Join(", ", allowed)}.";

    public static string BadCursor(string seen) =>
        $"The cursor '{Cut(seen)}' is not one that this service gave. Use 'next' of the page before as it is, or leave the cursor out to "
        + $"begin.";

    public const string PrefixAndCursor = "The query has 'prefix' and 'cursor': a list by prefix has one page. Give one of them.";

    public static string CountOutside(string what, int seen, int max) => $"The body has {seen} {what}: 1 to {max} are allowed.";

    public static string SpreadOfNoGroup(string where) => $"The job at {where} has a spread and no group. Give the group's name with it.";

    public static string ManyInputs(string where) =>
        $"The job at {where} has more than one of input, inputText and inputBlob. Give at most one.";

    public static string TextTooLong(string name, int seen, int max) => $"'{name}' has {seen} bytes: at most {max} are allowed.";

    public static string CategoryRefused(int bytes) =>
        $"'category' has {bytes} bytes; expected the beginning of loggers' names, such as Marketplace.Silo: 1 to "
        + $"{ILogLevels.CategoryBytesMax} bytes.";

    public static string OpeningNotSigned(AccountId account) =>
        $"The signature is not by the key of account {account} over this challenge and this request. Sign the message that "
        + "'AccountOpening' describes, with the market's key that came with the challenge.";

    public static string WorkerNotFound(WorkerId id) =>
        $"The market has no offer of worker {id}. 'market worker list' shows those that it has.";

    public static string JobNotFound(JobId id) => $"This account has no job {id}.";

    public static string BlobNotFound(BlobId id) => $"This account has no blob {id}. Upload it with PUT or POST.";

    public static string RangeOutside(string seen, long size) =>
        $"The range '{Cut(seen)}' does not lie inside the {Number(size)} bytes of the content.";

    public static string BlobTooLarge(long max) => $"The blob is larger than the {Number(max)} bytes that are allowed here.";

    public const string WebSocketExpected =
        "This route is a worker's link. Ask for an upgrade to a WebSocket; worker/PROTOCOL.md has the rest.";

    public const string TooManyWorkerLinks =
        "There are as many workers' links as allowed, of this address or in all. Close one, or connect again later.";

    public const string LinkReplaced = "Another connection with the same key has taken its place.";

    public const string LinkStops = "This process stops. Connect again.";

    public static string WorkerWaits(WorkerId worker) =>
        $"This market lets in known workers only. The request of worker {worker} waits for its operator, who decides on the page Join, by "
        + "'market worker admit', or by a line in the file known-workers. The worker asks again by itself.";

    public static string WorkerCannotAsk(WorkerId worker, string why) =>
        $"This market lets in known workers only, and cannot keep a request of worker {worker}: {why} Its operator can let the worker in "
        + $"all the same, by 'market worker admit {worker} WHY'.";

    public static string WorkerMustOffer(WorkerId worker) =>
        $"This market lets in known workers only, and worker {worker} has not said what it offers.";

    public static string WorkerRefused(WorkerId worker, GrainInterfaces.AdmissionDecision decision) =>
        $"The operator of this market has refused worker {worker} at {decision.At:yyyy-MM-dd HH:mm} UTC: {decision.Order.Reason}";

    public const string WorkerCallFailed = "The market could not answer now. Send the call again.";

    public const string WorkerSignatureRefused =
        "The header Authorization is not 'Worker KEY.CALL.TIME.SIGNATURE' with the worker's signature of this request for this market.";

    public const string LengthMissing = "The request has no Content-Length. An output's length is told before its bytes.";

    public static string WorkerDateRefused(TimeSpan most) =>
        $"The request's time is more than {most.TotalMinutes:0} minutes from the market's. Take the time from the link's first frame.";

    public static string LeaseBlobNotFound(BlobId id) => $"The lease's run may not read a blob {id}, or it is not stored.";

    public static string TooManyTransfers(int max) =>
        $"The account has {max} uploads and downloads under way, as many as allowed. Wait for one to end.";

    private static string Words(Scopes scopes) => scopes == Scopes.None ? "none" : scopes.ToString().ToLowerInvariant();

    private static string Number(long value) => value.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>What a client sent comes back shortened: an answer must not be longer for a longer mistake.</summary>
    private static string Cut(string text) => text.Length > 80 ? string.Concat(text.AsSpan(0, 80), "…") : text;
}
