// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {MerklePath, MerklePaths} from "../src/MerklePaths.sol";
import {AccountTotals, Settlements} from "../src/Settlements.sol";
import {MarketBench} from "./MarketBench.sol";

contract PathsTest is MarketBench {
    function test_Root_OfOneLeafIsTheLeaf() public view {
        AccountTotals[] memory one = accountsOf(1, 0);
        vm.assertEq(this.rootBy(pathOf(one, 0), Settlements.hash(one[0])), Settlements.hash(one[0]));
    }

    function test_Root_OfThreeHasTwoOnTheLeft() public view {
        AccountTotals[] memory three = accountsOf(3, 0);
        bytes32 left = keccak256(
            abi.encodePacked(bytes1(0x01), Settlements.hash(three[0]), Settlements.hash(three[1]))
        );
        vm.assertEq(rootOf(three), keccak256(abi.encodePacked(bytes1(0x01), left, Settlements.hash(three[2]))));
    }

    function test_Root_RefusesMoreThan64Neighbours() public {
        MerklePath memory path;
        path.neighbours = new bytes32[](64);
        this.rootBy(path, 0);
        path.neighbours = new bytes32[](65);
        vm.expectRevert(abi.encodeWithSelector(MerklePaths.PathTooLong.selector, 65, 64));
        this.rootBy(path, 0);
    }

    function testFuzz_Path_OfEachLeafLeadsToTheRoot(uint8 size, uint256 seed) public view {
        AccountTotals[] memory accounts = accountsOf(1 + size % 40, seed);
        bytes32 root = rootOf(accounts);
        for (uint256 i = 0; i < accounts.length; i++) {
            vm.assertEq(this.rootBy(pathOf(accounts, i), Settlements.hash(accounts[i])), root);
        }
    }

    function testFuzz_Path_OfALeafLeadsNoOtherLeafThere(uint8 size, uint256 index, uint256 other, uint256 seed) public view {
        AccountTotals[] memory accounts = accountsOf(2 + size % 40, seed);
        index = index % accounts.length;
        other = other % accounts.length;
        vm.assume(index != other);
        vm.assertNotEq(this.rootBy(pathOf(accounts, index), Settlements.hash(accounts[other])), rootOf(accounts));
    }

    function testFuzz_Path_WithAFlippedBitLeadsElsewhere(uint8 size, uint256 index, uint256 bit, uint256 seed) public view {
        AccountTotals[] memory accounts = accountsOf(2 + size % 40, seed);
        index = index % accounts.length;
        MerklePath memory path = pathOf(accounts, index);
        bytes32 leaf = Settlements.hash(accounts[index]);
        bit = bit % (257 * path.neighbours.length + 256);
        if (bit < 256) {
            leaf ^= bytes32(1 << bit);
        } else if (bit < 256 + path.neighbours.length) {
            path.lefts ^= 1 << (bit - 256);
        } else {
            bit -= 256 + path.neighbours.length;
            path.neighbours[bit / 256] ^= bytes32(1 << (bit % 256));
        }
        vm.assertNotEq(this.rootBy(path, leaf), rootOf(accounts));
    }

    function testFuzz_Path_OneShorterOrLongerLeadsElsewhere(uint8 size, uint256 index, bytes32 more) public view {
        AccountTotals[] memory accounts = accountsOf(2 + size % 40, 0);
        index = index % accounts.length;
        MerklePath memory path = pathOf(accounts, index);
        bytes32 leaf = Settlements.hash(accounts[index]);
        uint256 count = path.neighbours.length;
        MerklePath memory longer = MerklePath(new bytes32[](count + 1), path.lefts);
        MerklePath memory shorter = MerklePath(new bytes32[](count - 1), path.lefts);
        for (uint256 i = 0; i < count; i++) {
            longer.neighbours[i] = path.neighbours[i];
            if (i < count - 1) {
                shorter.neighbours[i] = path.neighbours[i];
            }
        }
        longer.neighbours[count] = more;
        vm.assertNotEq(this.rootBy(longer, leaf), rootOf(accounts));
        vm.assertNotEq(this.rootBy(shorter, leaf), rootOf(accounts));
    }

    function testFuzz_Node_IsNeverALeaf(bytes32 left, bytes32 right, AccountTotals memory totals) public pure {
        vm.assertNotEq(keccak256(abi.encodePacked(bytes1(0x01), left, right)), Settlements.hash(totals));
    }

    function rootBy(MerklePath calldata path, bytes32 leaf) external pure returns (bytes32) {
        return MerklePaths.rootOf(path, leaf);
    }

    function accountsOf(uint256 size, uint256 seed) private pure returns (AccountTotals[] memory accounts) {
        accounts = new AccountTotals[](size);
        for (uint256 i = 0; i < size; i++) {
            uint256 random = uint256(keccak256(abi.encode(seed, i)));
            accounts[i] = AccountTotals(address(uint160(random)), uint128(random >> 32), uint128(random >> 64), uint128(i));
        }
    }
}
