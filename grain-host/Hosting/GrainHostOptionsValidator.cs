using Microsoft.Extensions.Options;

namespace Marketplace.GrainHost.Hosting;

/// <summary>Checks the options; every message names the option, the value seen and the bound.</summary>
internal sealed class GrainHostOptionsValidator : IValidateOptions<GrainHostOptions>
{
    /// <summary>The timers of .NET take no longer time.</summary>
    private static readonly TimeSpan TimeMax = TimeSpan.FromDays(49);

    /// <summary>A mailbox of so many calls holds some hundred megabytes: more is no queue any more.</summary>
    private const int MailboxMaxMax = 1_000_000;

    public ValidateOptionsResult Validate(string? name, GrainHostOptions options)
    {
        var failures = new List<string>();
        CheckTime(failures, nameof(options.ResponseTimeout), options.ResponseTimeout, TimeSpan.FromMilliseconds(10));
        CheckTime(failures, nameof(options.IdleAge), options.IdleAge, TimeSpan.FromSeconds(1));
        CheckTime(failures, nameof(options.IdlePeriod), options.IdlePeriod, TimeSpan.FromMilliseconds(100));
        CheckTime(failures, nameof(options.ActivationTimeout), options.ActivationTimeout, TimeSpan.FromMilliseconds(10));
        CheckTime(failures, nameof(options.DeactivationTimeout), options.DeactivationTimeout, TimeSpan.FromMilliseconds(10));
        CheckTime(failures, nameof(options.DrainTimeout), options.DrainTimeout, TimeSpan.Zero);
        CheckTime(failures, nameof(options.ReminderPeriodMin), options.ReminderPeriodMin, TimeSpan.FromSeconds(1));
        if (options.MailboxMax is < 1 or > MailboxMaxMax)
        {
            failures.Add(Message(nameof(options.MailboxMax), options.MailboxMax, 1, MailboxMaxMax));
        }
        if (options.TimeProvider is null)
        {
            failures.Add($"{nameof(GrainHostOptions)}.{nameof(options.TimeProvider)} must not be null.");
        }
        if (options.Scheduler is null)
        {
            failures.Add($"{nameof(GrainHostOptions)}.{nameof(options.Scheduler)} must not be null.");
        }
        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }

    private static void CheckTime(List<string> failures, string option, TimeSpan value, TimeSpan min)
    {
        if (value < min || value > TimeMax)
        {
            failures.Add(Message(option, value, min, TimeMax));
        }
    }

    private static string Message(string option, object value, object min, object max) =>
        $"{nameof(GrainHostOptions)}.{option} is {value}: it must be from {min} to {max}.";
}
