using System.Reflection.Emit;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;

namespace Marketplace.Tests.Tidy;

/// <summary>One reference from a method's code to a member of another type.</summary>
/// <param name="Caller">The type whose code it is; nested types after a slash.</param>
/// <param name="Type">The referenced type, with its namespace and arity.</param>
/// <param name="Member">The referenced method, property accessor or field.</param>
internal sealed record MemberUse(string Caller, string Type, string Member)
{
    private static readonly Dictionary<short, OpCode> OpCodes = typeof(OpCodes)
        .GetFields()
        .Select(field => (OpCode)field.GetValue(null)!)
        .ToDictionary(code => code.Value);

    public static IEnumerable<MemberUse> In(string assembly)
    {
        using var file = new PEReader(File.OpenRead(assembly));
        var metadata = file.GetMetadataReader();
        foreach (var handle in metadata.MethodDefinitions)
        {
            var method = metadata.GetMethodDefinition(handle);
            if (method.RelativeVirtualAddress == 0)
            {
                continue;
            }
            var caller = NameOf(metadata, method.GetDeclaringType());
            foreach (var token in Tokens(file.GetMethodBody(method.RelativeVirtualAddress).GetILReader()))
            {
                if (Resolve(metadata, token) is { } member)
                {
                    yield return new MemberUse(caller, member.Type, member.Member);
                }
            }
        }
    }

    /// <summary>The methods, fields and types that a method's code names.</summary>
    public static IEnumerable<EntityHandle> Tokens(BlobReader code)
    {
        var tokens = new List<EntityHandle>();
        while (code.RemainingBytes > 0)
        {
            short value = code.ReadByte();
            if (value == 0xFE)
            {
                value = unchecked((short)(0xFE00 | code.ReadByte()));
            }
            var operand = OpCodes[value].OperandType;
            if (operand is OperandType.InlineMethod or OperandType.InlineField or OperandType.InlineTok)
            {
                tokens.Add(MetadataTokens.EntityHandle(code.ReadInt32()));
            }
            else
            {
                Skip(operand, ref code);
            }
        }
        return tokens;
    }

    private static void Skip(OperandType operand, ref BlobReader code)
    {
        var size = operand switch
        {
            OperandType.InlineNone => 0,
            OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar => 1,
            OperandType.InlineVar => 2,
            OperandType.InlineI8 or OperandType.InlineR => 8,
            OperandType.InlineSwitch => 4 * code.ReadInt32(),
            _ => 4,
        };
        code.Offset += size;
    }

    /// <summary>The member of another type; of a generic type also where it belongs to this assembly.</summary>
    public static (string Type, string Member)? Resolve(MetadataReader metadata, EntityHandle handle)
    {
        if (handle.Kind == HandleKind.MethodSpecification)
        {
            handle = metadata.GetMethodSpecification((MethodSpecificationHandle)handle).Method;
        }
        if (handle.Kind != HandleKind.MemberReference)
        {
            return null;
        }
        var member = metadata.GetMemberReference((MemberReferenceHandle)handle);
        return (ParentOf(metadata, member.Parent), metadata.GetString(member.Name));
    }

    /// <summary>The name of a type that is named in any way; empty where that is no class.</summary>
    public static string ParentOf(MetadataReader metadata, EntityHandle parent) =>
        parent.Kind switch
        {
            HandleKind.TypeDefinition => NameOf(metadata, (TypeDefinitionHandle)parent),
            HandleKind.TypeReference => NameOf(metadata, metadata.GetTypeReference((TypeReferenceHandle)parent)),
            HandleKind.TypeSpecification => GenericType(metadata, metadata.GetTypeSpecification((TypeSpecificationHandle)parent)),
            _ => "",
        };

    private static string GenericType(MetadataReader metadata, TypeSpecification specification)
    {
        // ECMA-335 II.23.2.14: GENERICINST (CLASS | VALUETYPE) TypeDefOrRefEncoded …
        var signature = metadata.GetBlobReader(specification.Signature);
        if (signature.ReadByte() != 0x15)
        {
            return "";
        }
        signature.ReadByte();
        var type = signature.ReadTypeHandle();
        return type.Kind == HandleKind.TypeReference
            ? NameOf(metadata, metadata.GetTypeReference((TypeReferenceHandle)type))
            : NameOf(metadata, (TypeDefinitionHandle)type);
    }

    private static string NameOf(MetadataReader metadata, TypeReference type) =>
        $"{metadata.GetString(type.Namespace)}.{metadata.GetString(type.Name)}";

    public static string NameOf(MetadataReader metadata, TypeDefinitionHandle handle)
    {
        var type = metadata.GetTypeDefinition(handle);
        return type.GetDeclaringType() is { IsNil: false } outer
            ? $"{NameOf(metadata, outer)}/{metadata.GetString(type.Name)}"
            : $"{metadata.GetString(type.Namespace)}.{metadata.GetString(type.Name)}";
    }
}
