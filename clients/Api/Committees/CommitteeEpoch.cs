using System.Text.Json.Serialization;

namespace Marketplace;

/// <summary>How far an epoch of committees is.</summary>
[JsonConverter(typeof(SnakeCaseEnumConverter<CommitteeEpochState>))]
public enum CommitteeEpochState
{
    /// <summary>Its list is fixed, and the workers' shares of its randomness are collected.</summary>
    Collecting = 0,

    /// <summary>Its members serve.</summary>
    Running = 1,

    /// <summary>Another one has taken its place.</summary>
    Over = 2,

    /// <summary>Too few workers gave a share: it has no members, and the epoch before went on.</summary>
    NotDrawn = 3,
}

/// <summary>An epoch of committees. An epoch goes on until the next one has members.</summary>
/// <param name="Epoch">Its number, from 1.</param>
/// <param name="State">How far it is.</param>
/// <param name="Workers">Those that could become members.</param>
/// <param name="Shares">How many of them gave a share, which those that are drawn did; 0 while shares are collected.</param>
/// <param name="At">When its shares were closed, and it began if it did; absent while they are collected.</param>
/// <param name="Until">When the next one is to begin; absent where it is not running.</param>
public sealed record CommitteeEpoch(
    long Epoch,
    CommitteeEpochState State,
    int Workers,
    int Shares,
    DateTimeOffset? At,
    DateTimeOffset? Until
);

/// <summary>The epochs of committees.</summary>
/// <param name="Epochs">All that the market keeps, newest first.</param>
public sealed record CommitteeEpochs(IReadOnlyList<CommitteeEpoch> Epochs);
