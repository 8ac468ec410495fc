using System.Net.Security;
using System.Security.Cryptography;

namespace Marketplace.Silo;

/// <summary>
/// The certificate of https addresses, as its files are now. They are looked at with the connections that come, at most once in
/// <see cref="LookedAtEvery"/>: nothing watches them, so links that are changed and folders of other file systems work as well. What cannot
/// be used is logged once, and the certificate before it stays.
/// </summary>
internal sealed partial class HttpsCertificate
{
    /// <summary>
    /// Reading three small files costs less than a handshake, and a second is soon enough for a certificate that lives for weeks.
    /// </summary>
    public static readonly TimeSpan LookedAtEvery = TimeSpan.FromSeconds(1);

    /// <summary>Two weeks: an authority that renews by itself does so a month before.</summary>
    private static readonly TimeSpan EndsSoon = TimeSpan.FromDays(14);

    /// <summary>How often a certificate that ends soon is warned of: a silo runs for longer than its certificate is good for.</summary>
    internal static readonly TimeSpan WarnedEvery = TimeSpan.FromDays(1);

    private readonly SiloOptions _options;
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private byte[] _seen;
    private string? _trouble;
    private long _lookedAt;
    private long? _toldAt;

    private HttpsCertificate(SiloOptions options, TimeProvider time, byte[] seen, SslStreamCertificateContext context)
    {
        (_options, _time, _seen, Shown) = (options, time, seen, context);
        _lookedAt = time.GetTimestamp();
    }

    /// <summary>What was shown last.</summary>
    public SslStreamCertificateContext Shown { get; private set; }

    /// <exception cref="SiloOptionsException">The files hold no certificate that a client could accept; the message says which file and
    /// why.</exception>
    public static HttpsCertificate Open(SiloOptions options, TimeProvider time)
    {
        var files = CertificateFiles.Read(options);
        return new HttpsCertificate(options, time, files.Hash, files.Load(time.GetUtcNow()));
    }

    /// <summary>What a connection that comes now is shown.</summary>
    public SslStreamCertificateContext Current(ILogger log)
    {
        lock (_gate)
        {
            if (_toldAt is not { } told || (IsEndingSoon && _time.GetElapsedTime(told) >= WarnedEvery))
            {
                Tell(log);
            }
            if (_time.GetElapsedTime(_lookedAt) < LookedAtEvery)
            {
                return Shown;
            }
            _lookedAt = _time.GetTimestamp();
            try
            {
                var files = CertificateFiles.Read(_options);
                if (CryptographicOperations.FixedTimeEquals(files.Hash, _seen))
                {
                    return Shown;
                }
                Shown = files.Load(_time.GetUtcNow());
                (_seen, _trouble) = (files.Hash, null);
                Tell(log);
            }
            catch (SiloOptionsException wrong)
            {
                // The next look tries again: certificate and key may be written one after the other.
                if (_trouble != wrong.Message)
                {
                    LogKept(log, Shown.TargetCertificate.NotAfter.ToUniversalTime(), wrong.Message);
                }
                _trouble = wrong.Message;
            }
            return Shown;
        }
    }

    private bool IsEndingSoon => Shown.TargetCertificate.NotAfter.ToUniversalTime() - _time.GetUtcNow() < EndsSoon;

    private void Tell(ILogger log)
    {
        _toldAt = _time.GetTimestamp();
        var end = Shown.TargetCertificate.NotAfter.ToUniversalTime();
        if (IsEndingSoon)
        {
            LogEndsSoon(log, Shown.TargetCertificate.Subject, end);
        }
        else
        {
            LogShown(log, Shown.TargetCertificate.Subject, end);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "https shows the certificate of {Subject}, valid until {End:u}")]
    private static partial void LogShown(ILogger log, string subject, DateTime end);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "https shows the certificate of {Subject}, valid until {End:u}, which is soon: renew it"
    )]
    private static partial void LogEndsSoon(ILogger log, string subject, DateTime end);

    [LoggerMessage(
        Level = LogLevel.Error,
        Message = "The files of the https certificate have changed and cannot be used; the one before is shown on, it is valid until "
            + "{End:u}. {Reason}"
    )]
    private static partial void LogKept(ILogger log, DateTime end, string reason);
}
