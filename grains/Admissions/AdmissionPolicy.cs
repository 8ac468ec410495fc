namespace Marketplace.Grains;

/// <summary>Bounds of what strangers and the operator leave in the list of admissions, each with its reason.</summary>
internal static class AdmissionPolicy
{
    /// <summary>
    /// Requests that wait: more than a person decides in a day. All of them are one document of some 50 KB, which is written when one
    /// changes.
    /// </summary>
    public const int RequestsMax = 256;

    /// <summary>
    /// Requests that wait from one address, so that one stranger with many keys leaves room for others. A rack behind one address asks in
    /// parts.
    /// </summary>
    public const int AddressRequestsMax = 32;

    /// <summary>
    /// A request that was not repeated for so long gives its place to a new one where there is no other: a worker that still wants to come
    /// in asks every few seconds.
    /// </summary>
    public static readonly TimeSpan SilenceMin = TimeSpan.FromHours(1);

    /// <summary>
    /// Within so long a worker asks once, however often it connects and whatever it says: so many writes a stranger can cause.
    /// </summary>
    public static readonly TimeSpan AskingPeriod = TimeSpan.FromMinutes(1);

    /// <summary>An address in words: the longest of IPv6 has 45 characters, and three more tell the length of its prefix.</summary>
    public const int AddressCharsMax = 50;

    /// <summary>
    /// Workers with a decision: more than an operator names one by one, who has the file or lets in any. Beyond it the oldest refusal is
    /// forgotten; its worker may ask again, and comes in where the file or the option lets it.
    /// </summary>
    public const int DecisionsMax = 2048;

    /// <summary>
    /// Decisions of one worker that are kept, so that a late repetition of an earlier one is known. The earliest makes room: no request
    /// is repeated after so many others.
    /// </summary>
    public const int DecisionsOfWorkerMax = 8;

    /// <summary>The label that says where a worker is.</summary>
    public const string RegionLabel = "region=";
}
