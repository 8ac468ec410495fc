using System.Text.Json.Serialization;

namespace Marketplace;

/// <summary>Where the value of a setting comes from. What stands later in this list goes before what stands earlier.</summary>
[JsonConverter(typeof(SnakeCaseEnumConverter<SettingSource>))]
public enum SettingSource
{
    /// <summary>Nothing was given.</summary>
    Default = 0,

    /// <summary>The file appsettings.json beside the program or in the folder it was started in.</summary>
    File = 1,

    /// <summary>A variable of the environment.</summary>
    Environment = 2,

    /// <summary>The command line.</summary>
    CommandLine = 3,
}

/// <summary>An option of the asked silo as it counts.</summary>
/// <param name="Name">As the command line spells it.</param>
/// <param name="Variable">The variable of the environment.</param>
/// <param name="Value">What counts; absent where it is a secret, or nothing.</param>
/// <param name="Source">Where it comes from.</param>
/// <param name="Secret">It may hold a secret, so its value is not told.</param>
/// <param name="Description">What it means.</param>
public sealed record SiloSetting(string Name, string Variable, string? Value, SettingSource Source, bool Secret, string Description);

/// <summary>All options of the asked silo.</summary>
/// <param name="Settings">In the order of its help.</param>
public sealed record SiloSettings(IReadOnlyList<SiloSetting> Settings);
