using System.Net;
using Marketplace.Gateway;
using Marketplace.GrainInterfaces;
using Marketplace.Grains;
using Marketplace.Worker.Isolation;

namespace Marketplace.Silo;

/// <summary>
/// What a deployment chooses: on the command line (<c>--data DIR</c>), in the environment (<c>MARKET_DATA</c>) or in
/// <c>appsettings.json</c>, in this order of precedence. <see cref="Validate"/> is called at start.
/// </summary>
public sealed partial class SiloOptions
{
    /// <summary>The folder of everything that the silo keeps; relative to the folder where the command was typed.</summary>
    public string Data { get; set; } = "data";

    /// <summary>
    /// The operator's word that the node which restored or imported data is from does not run any more. Needed for the first start only.
    /// </summary>
    public bool AcceptRestored { get; set; }

    /// <summary>Addresses to listen on, separated by semicolons.</summary>
    public string Urls { get; set; } = "http://127.0.0.1:8080";

    /// <summary>Listen beyond loopback without TLS: keys and jobs then cross the network readable.</summary>
    public bool AllowPlaintext { get; set; }

    /// <summary>
    /// Run a worker inside the silo. Not given: yes on loopback, no beyond it, where a fault of the engine would take the books with it.
    /// </summary>
    public bool? Worker { get; set; }

    /// <summary>Jobs that the worker inside runs at a time; 0: one per core.</summary>
    public int WorkerSlots { get; set; }

    /// <summary>What the worker inside asks per million fuel, in base units.</summary>
    public string WorkerPrice { get; set; } = "1";

    /// <summary>What the worker inside says of itself, separated by semicolons: <c>region=eu;gpu</c>.</summary>
    public string WorkerLabel { get; set; } = "";

    /// <summary>The least reputation, in thousandths, of accounts whose jobs the worker inside takes; 0: any.</summary>
    public int WorkerMinBuyerReputation { get; set; }

    /// <summary>Whether the worker inside serves in committees, with a key and a log of its votes in the folder.</summary>
    public bool WorkerCommittee { get; set; } = true;

    /// <summary>Where the values of the options that were given come from, by the option's name.</summary>
    internal IReadOnlyDictionary<string, SettingSource> Sources { get; init; } = new Dictionary<string, SettingSource>();

    /// <summary>
    /// Which workers of other machines may work: <c>any</c>, or <c>known</c>, which the operator has let in one by one or whose keys are in
    /// the file <c>known-workers</c> of the data folder. Not given: any on loopback, known beyond it, because the market takes results as
    /// they are.
    /// </summary>
    public string? AdmitWorkers { get; set; }

    internal bool AdmitsKnownOnly => AdmitWorkers is { } admit ? admit == "known" : !IsLoopback;

    internal bool RunsWorker => Worker ?? IsLoopback;

    internal bool IsLoopback => GatewayBinding.IsLoopback(ListenUrls.Select(url => url!.ToString()));

    /// <summary>
    /// Where the worker inside runs guests: <c>none</c> (in the silo's process), <c>process</c>, <c>sandbox</c>, or <c>auto</c>, the
    /// strictest that works here.
    /// </summary>
    public string Isolation { get; set; } = "auto";

    /// <summary>The parsed <see cref="Isolation"/>; null: the strictest.</summary>
    internal IsolationKind? IsolationKind => Isolation == "auto" ? null : Enum.Parse<IsolationKind>(Isolation, ignoreCase: true);

    /// <summary>What the first start credits to the local account, in base units.</summary>
    public string InitialCredit { get; set; } = "1000000000000000";

    /// <summary>What people call this silo, in log lines and on the dashboard; not given: the machine's name.</summary>
    public string Name { get; set; } = "";

    /// <summary>
    /// Free disk that uploads and new jobs leave untouched, in mebibytes. Outputs of the jobs that are there may use half of it, what ends
    /// them the rest.
    /// </summary>
    public int DiskFloorMiB { get; set; } = 512;

    internal long DiskFloorBytes => (long)DiskFloorMiB << 20;

    /// <summary>Lower than for what is new: a job that was taken and whose output cannot be kept has run for nothing.</summary>
    internal long OutputsFloorBytes => DiskFloorBytes / 2;

    /// <summary>What waiting jobs may take on disk, inputs included, in mebibytes; one account may use a quarter of it.</summary>
    public int QueueMiB { get; set; } = (int)(new QueueBounds().BytesMax >> 20);

    /// <summary>
    /// How long jobs may wait for a worker in the mean, in milliseconds; beyond it the cheapest of the new ones are refused until the wait
    /// is shorter. A market whose buyers want answers at once sets tens of milliseconds, one that works for the night its length.
    /// </summary>
    public int QueueWaitMs { get; set; } = (int)new QueueBounds().WaitMax.TotalMilliseconds;

    /// <summary>How long a stake stays on hold after it was taken back, in hours.</summary>
    public int UnbondingHours { get; set; } = (int)new StakeTerms().Unbonding.TotalHours;

    /// <summary>Hosts beside the loopback names that requests may ask for, separated by semicolons.</summary>
    public string AllowedHosts { get; set; } = "";

    /// <summary>
    /// Addresses of reverse proxies, separated by semicolons, whose word for a request's own address and scheme is taken
    /// (<c>X-Forwarded-For</c>, <c>X-Forwarded-Proto</c>).
    /// </summary>
    public string TrustedProxies { get; set; } = "";

    internal string[] TrustedProxyList => TrustedProxies.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    /// <summary>With a worker's id behind it, it has room in the 150 characters of Orleans's membership table.</summary>
    private const int NameCharsMax = 64;

    internal string NameOrHost =>
        Name.Length > 0 ? Name
        : Environment.MachineName.Length <= NameCharsMax ? Environment.MachineName
        : Environment.MachineName[..NameCharsMax];

    /// <exception cref="SiloOptionsException">An option is outside its bounds; the message names it.</exception>
    public void Validate()
    {
        Check(!string.IsNullOrWhiteSpace(Data), nameof(Data), Data, "a folder");
        Check(
            ListenUrls.Count > 0 && ListenUrls.All(url => url is not null),
            nameof(Urls),
            Urls,
            "http or https addresses such as http://127.0.0.1:8080, separated by ';'"
        );
        Check(WorkerSlots is >= 0 and <= WorkerLimits.SlotsMax, nameof(WorkerSlots), WorkerSlots, $"0 to {WorkerLimits.SlotsMax}");
        Check(
            TokenAmount.TryParse(WorkerPrice, out var price) && price >= FuelPrice.Least,
            nameof(WorkerPrice),
            WorkerPrice,
            $"a whole number of base units, at least {FuelPrice.Least}"
        );
        Check(
            WorkerLabelList.Count <= WorkerLimits.LabelsMax
                && WorkerLabelList.All(WorkerLabels.IsLabel)
                && WorkerLabelList.Select(WorkerLabels.KeyOf).Distinct().Count() == WorkerLabelList.Count,
            nameof(WorkerLabel),
            WorkerLabel,
            $"at most {WorkerLimits.LabelsMax} of different keys, separated by ';', each {WorkerLabels.Form}"
        );
        Check(
            WorkerMinBuyerReputation is >= 0 and <= WorkerLimits.ReputationMax,
            nameof(WorkerMinBuyerReputation),
            WorkerMinBuyerReputation,
            $"0 to {WorkerLimits.ReputationMax}"
        );
        Check(AdmitWorkers is null or "any" or "known", nameof(AdmitWorkers), AdmitWorkers ?? "", "any or known");
        Check(Isolation is "none" or "process" or "sandbox" or "auto", nameof(Isolation), Isolation, "none, process, sandbox or auto");
        Check(
            TokenAmount.TryParse(InitialCredit, out var credit) && credit <= MarketLimits.CreditedMax,
            nameof(InitialCredit),
            InitialCredit,
            $"a whole number of base units, at most {MarketLimits.CreditedMax}"
        );
        Check(
            TrustedProxyList.All(proxy => IPAddress.TryParse(proxy, out _)),
            nameof(TrustedProxies),
            TrustedProxies,
            "IP addresses separated by ';'"
        );
        Check(
            Name.Length <= NameCharsMax && Name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_' or '.'),
            nameof(Name),
            Name,
            $"at most {NameCharsMax} letters, digits, '-', '_' and '.'"
        );
        Check(DiskFloorMiB >= 0, nameof(DiskFloorMiB), DiskFloorMiB, "0 or more");
        ValidateQueue();
        Check(
            UnbondingHours >= MarketLimits.UnbondingMin.TotalHours && UnbondingHours <= MarketLimits.UnbondingMax.TotalHours,
            nameof(UnbondingHours),
            UnbondingHours,
            $"{MarketLimits.UnbondingMin.TotalHours} to {MarketLimits.UnbondingMax.TotalHours}"
        );
        ValidateEpochs();
        ValidateReuse();
        ValidateRetention();
        ValidateTelemetry();
        ValidateChain();
        ValidateHttps();
        if (HostKind.IsCluster)
        {
            ValidateCluster();
        }
    }

    private void ValidateQueue()
    {
        Check(QueueMiB >= 1, nameof(QueueMiB), QueueMiB, "1 or more");
        Check(
            QueueWaitMs >= MarketLimits.QueueWaitMin.TotalMilliseconds,
            nameof(QueueWaitMs),
            QueueWaitMs,
            $"{MarketLimits.QueueWaitMin.TotalMilliseconds} or more"
        );
    }

    /// <summary>The parsed <see cref="WorkerLabel"/>.</summary>
    internal IReadOnlyList<string> WorkerLabelList =>
        WorkerLabel.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    /// <summary>The parsed <see cref="Urls"/>; null for one that is not an http or https address.</summary>
    internal IReadOnlyList<Uri?> ListenUrls =>
        [
            .. Urls.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
                .Select(url => Uri.TryCreate(url, UriKind.Absolute, out var parsed) && parsed.Scheme is "http" or "https" ? parsed : null),
        ];

    private static void Check(bool holds, string option, object seen, string allowed)
    {
        if (!holds)
        {
            throw new SiloOptionsException($"{SiloConfiguration.ArgumentOf(option)} is '{seen}'; allowed: {allowed}.");
        }
    }
}

/// <summary>An option is wrong: the silo does not start.</summary>
public sealed class SiloOptionsException(string message) : Exception(message);
